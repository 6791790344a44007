/**
 * What a site remembers from one round to the next besides the model: SCAFFOLD's control variate c_i, and how many steps its last update
 * took where a time budget may cut training short.
 *
 * The control variate must change exactly when the server's does. What was sent is therefore journalled as *pending* before the masked
 * vector is, with the round it was sent in; it becomes the site's c_i only once the chain shows that round settled, accepted and with this
 * site among the survivors, and is dropped otherwise. That is looked up when the next round needs it, so it makes no difference
 * whether the tab saw the round end or was reloaded or away. A try of the same step after a void round finds the same c_i and the same
 * number of steps, hence sends the same update. Losing the journal means c_i = 0 (src/aggregation/local/scaffold.ts).
 */
import { ByteReader, type Bytes, bytesToBigInt, concatBytes, equalBytes, uintBytes } from '../core/bytes.ts';
import type { Journal } from '../protocol/ports.ts';
import type { TrainingSpec } from '../protocol/training-spec.ts';

/** What a contribution takes from earlier ones. */
export interface Recalled {
  /** c_i; undefined before the first round that counted */
  readonly control?: Float32Array;
  /** steps of an earlier try of the same step on the same model */
  readonly steps?: number;
}

/** What a contribution leaves to be remembered. */
export interface Remembered {
  /** steps that the update took */
  readonly steps: number;
  /** c_i if the round counts it */
  readonly control?: Float32Array | undefined;
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
export function remembers({ algorithm }: TrainingSpec): boolean {
  return algorithm?.kind === 'scaffold' || (algorithm?.kind === 'fednova' && algorithm.budgetSeconds !== undefined);
}

export class SiteMemory {
  readonly #journal: Journal;
  readonly #controlKey: string;
  readonly #pendingKey: string;

  constructor(journal: Journal, task: bigint) {
    this.#journal = journal;
    this.#controlKey = `task/${task}/control`;
    this.#pendingKey = `task/${task}/control-pending`;
  }

  /**
   * @param now the round that is about to be trained for
   * @param counted whether what was sent in an earlier round is in the model; asked only of rounds before this one
   */
  async recall(now: Omit<Sent, 'registrationId'>, counted: (sent: Sent) => Promise<boolean>): Promise<Recalled> {
    const bytes = await this.#journal.get(this.#pendingKey);
    const pending = bytes && decode(bytes);
    if (pending?.control !== undefined && pending.round < now.round && (await counted(pending))) {
      // Twice is as good as once: a tab that is closed between these two puts the same again.
      await this.#journal.put(this.#controlKey, bytesOf(pending.control));
      await this.#journal.put(this.#pendingKey, encode(pending, { steps: pending.steps }));
    }
    const known = await this.#journal.get(this.#controlKey);
    const again = pending?.step === now.step && equalBytes(pending.baseModel, now.baseModel);
    return {
      ...(known && { control: floatsOf(known) }),
      ...(again && { steps: pending.steps }),
    };
  }

  /** To be called before what was sent is journalled. */
  async remember(sent: Sent, what: Remembered): Promise<void> {
    await this.#journal.put(this.#pendingKey, encode(sent, what));
  }
}

/** round[4] ‖ registrationId[4] ‖ step[4] ‖ steps[6] ‖ baseModel[32] ‖ control, as this machine keeps floats: nobody else reads it. */
function encode({ round, registrationId, step, baseModel }: Sent, { steps, control }: Remembered): Bytes {
  return concatBytes(
    uintBytes(round, 4),
    uintBytes(registrationId, 4),
    uintBytes(step, 4),
    uintBytes(steps, 6),
    baseModel,
    control === undefined ? new Uint8Array(0) : bytesOf(control),
  );
}

function decode(bytes: Bytes): Sent & Remembered {
  const reader = new ByteReader(bytes);
  const whole = (lengthBytes: number) => Number(bytesToBigInt(reader.take(lengthBytes)));
  const [round, registrationId, step, steps] = [whole(4), whole(4), whole(4), whole(6)];
  const sent = { round, registrationId, step, steps, baseModel: reader.take(32) };
  return reader.remaining === 0 ? sent : { ...sent, control: floatsOf(reader.take(reader.remaining)) };
}

function bytesOf(floats: Float32Array): Bytes {
  return new Uint8Array(floats.slice().buffer);
}

function floatsOf(bytes: Bytes): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
