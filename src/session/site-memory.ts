/**
 * What a site remembers from one round to the next besides the model: the weights of its private layers, SCAFFOLD's control variate c_i,
 * and how many steps its last update took where a time budget may cut training short.
 *
 * The control variate must change exactly when the server's does, and private layers belong to the model that they were trained with. What
 * was learnt is therefore journalled as *pending* before the masked
 * vector is, with the round it was sent in; it becomes the site's own only once the chain shows that round settled, accepted and with this
 * site among the survivors, and is dropped otherwise. That is looked up when the next round needs it, so it makes no difference
 * whether the tab saw the round end or was reloaded or away. A try of the same step after a void round finds the same c_i and private weights and the same
 * number of steps, hence sends the same update. Losing the journal means c_i = 0 (src/aggregation/local/scaffold.ts) and private layers as
 * the task began with them.
 */
import { has } from '../core/bitmap.ts';
import { ByteReader, type Bytes, bytesToBigInt, concatBytes, equalBytes, uintBytes } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { isOver, Phase } from '../protocol/phases.ts';
import type { ChainReader, Journal } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { RoundView } from '../protocol/views.ts';

/** What a contribution takes from earlier ones. */
export interface Recalled {
  /** c_i; undefined before the first round that counted */
  readonly control?: Float32Array;
  /** of the private layers, side by side (src/model/parts.ts); undefined before the first round that counted */
  readonly privateWeights?: Float32Array;
  /** steps of an earlier try of the same step on the same model */
  readonly steps?: number;
}

/** What a contribution leaves to be remembered. */
export interface Remembered {
  /** steps that the update took */
  readonly steps: number;
  /** c_i if the round counts it */
  readonly control?: Float32Array | undefined;
  /** the private layers' weights if the round counts it */
  readonly privateWeights?: Float32Array | undefined;
}

/** Where something was sent. */
export interface Sent {
  readonly round: number;
  readonly registrationId: number;
  readonly step: number;
  /** 32 bytes */
  readonly baseModel: Bytes;
}

/** Whether sites of such a task have anything to remember. */
export function remembers({ training: { algorithm }, model }: Pick<TaskSpec, 'training' | 'model'>): boolean {
  if (model.private !== undefined || algorithm?.kind === 'scaffold') return true;
  return algorithm?.kind === 'fednova' && algorithm.budgetSeconds !== undefined;
}

/** Whether a round that is over took over what was sent in it. @param index the sender's place in the roster, -1 for none */
export function counts({ phase, accepted, u3 }: RoundView, index: number): boolean {
  return phase === Phase.Settled && accepted && index >= 0 && has(u3, index);
}

/**
 * Asks the chain whether what a site sent in an earlier round is in the model.
 * @returns a question that throws not-found while the chain does not show how the round ended
 */
export function askWhetherCounted(
  chain: ChainReader,
  task: bigint,
  signal: AbortSignal,
): (sent: Sent) => Promise<boolean> {
  return async ({ round, registrationId }) => {
    const view = await chain.round(task, round, signal);
    if (!isOver(view.phase)) throw new MurmurError('not-found', `the chain does not show yet how round ${round} ended`);
    if (view.phase !== Phase.Settled || !view.accepted) return false;
    const roster = await chain.roster(task, round, signal);
    return counts(
      view,
      roster.findIndex((member) => member.registrationId === registrationId),
    );
  };
}

export class SiteMemory {
  readonly #journal: Journal;
  readonly #controlKey: string;
  readonly #privateKey: string;
  readonly #pendingKey: string;

  constructor(journal: Journal, task: bigint) {
    this.#journal = journal;
    this.#controlKey = `task/${task}/control`;
    this.#privateKey = `task/${task}/private`;
    this.#pendingKey = `task/${task}/pending`;
  }

  /**
   * @param now the round that is about to be trained for
   * @param counted whether what was sent in an earlier round is in the model; asked only of rounds before this one
   */
  async recall(now: Omit<Sent, 'registrationId'>, counted: (sent: Sent) => Promise<boolean>): Promise<Recalled> {
    await this.settle(now.round, counted);
    const pending = await this.#pending();
    const [control, privateWeights] = [await this.#floats(this.#controlKey), await this.#floats(this.#privateKey)];
    const again = pending?.step === now.step && equalBytes(pending.baseModel, now.baseModel);
    return {
      ...(control && { control }),
      ...(privateWeights && { privateWeights }),
      ...(again && { steps: pending.steps }),
    };
  }

  /** Takes over what was sent in a round before this one, if that counted. */
  async settle(beforeRound: number, counted: (sent: Sent) => Promise<boolean>): Promise<void> {
    const pending = await this.#pending();
    if (pending === undefined || pending.round >= beforeRound) return;
    const { control, privateWeights, steps } = pending;
    if ((control === undefined && privateWeights === undefined) || !(await counted(pending))) return;
    // Twice is as good as once: a tab that is closed between these puts the same again.
    if (control !== undefined) await this.#journal.put(this.#controlKey, bytesOf(control));
    if (privateWeights !== undefined) await this.#journal.put(this.#privateKey, bytesOf(privateWeights));
    await this.#journal.put(this.#pendingKey, encode(pending, { steps }));
  }

  /** The private layers' weights as they are, and as they will be if that round counts what was sent in it. */
  async privateWeights(round: number): Promise<{ now: Float32Array | undefined; next: Float32Array | undefined }> {
    const now = await this.#floats(this.#privateKey);
    const pending = await this.#pending();
    return { now, next: (pending?.round === round ? pending.privateWeights : undefined) ?? now };
  }

  /** To be called before what was sent is journalled. */
  async remember(sent: Sent, what: Remembered): Promise<void> {
    await this.#journal.put(this.#pendingKey, encode(sent, what));
  }

  async #pending(): Promise<(Sent & Remembered) | undefined> {
    const bytes = await this.#journal.get(this.#pendingKey);
    return bytes && decode(bytes);
  }

  async #floats(key: string): Promise<Float32Array | undefined> {
    const bytes = await this.#journal.get(key);
    return bytes && floatsOf(bytes);
  }
}

/**
 * round[4] ‖ registrationId[4] ‖ step[4] ‖ steps[6] ‖ baseModel[32] ‖ bytes of the control variate[4] ‖ control variate ‖ private weights,
 * floats as this machine keeps them: nobody else reads it. What is absent has no bytes.
 */
function encode(
  { round, registrationId, step, baseModel }: Sent,
  { steps, control, privateWeights }: Remembered,
): Bytes {
  const [controlBytes, privateBytes] = [control, privateWeights].map((floats) =>
    floats === undefined ? new Uint8Array(0) : bytesOf(floats),
  ) as [Bytes, Bytes];
  return concatBytes(
    uintBytes(round, 4),
    uintBytes(registrationId, 4),
    uintBytes(step, 4),
    uintBytes(steps, 6),
    baseModel,
    uintBytes(controlBytes.length, 4),
    controlBytes,
    privateBytes,
  );
}

function decode(bytes: Bytes): Sent & Remembered {
  const reader = new ByteReader(bytes);
  const whole = (lengthBytes: number) => Number(bytesToBigInt(reader.take(lengthBytes)));
  const [round, registrationId, step, steps] = [whole(4), whole(4), whole(4), whole(6)];
  const sent = { round, registrationId, step, steps, baseModel: reader.take(32) };
  const control = reader.take(whole(4));
  const privateBytes = reader.take(reader.remaining);
  return {
    ...sent,
    ...(control.length > 0 && { control: floatsOf(control) }),
    ...(privateBytes.length > 0 && { privateWeights: floatsOf(privateBytes) }),
  };
}

function bytesOf(floats: Float32Array): Bytes {
  return new Uint8Array(floats.slice().buffer);
}

function floatsOf(bytes: Bytes): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
