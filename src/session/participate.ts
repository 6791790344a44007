/**
 * A participant's life in one task: catch up with the chain, announce, take part in round after round, end when the task ends.
 * The same code in a tab's worker, in Node and in the simulation; the world comes in as arguments.
 */
import { verifyTask } from '../aggregation/verify.ts';
import { checkpointOf } from '../aggregation/recompute.ts';
import { has, popcount, members as indicesOf } from '../core/bitmap.ts';
import { fromHex, type Hex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { hasCode, MurmurError, toErrorData } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import type { SiteRows } from '../dataset/row-sources.ts';
import type { X25519KeyPair } from '../masking/keys.ts';
import type { Normaliser } from '../dataset/statistics.ts';
import { type Checkpoint, writeCheckpoint } from '../model/checkpoint.ts';
import { isOverBudget } from '../privacy/budget.ts';
import { Mailbox } from '../protocol/mailbox.ts';
import { isOver, Phase, phaseName, stepKind, VoidReason } from '../protocol/phases.ts';
import type { ChainPort, Journal, RelayPort, TrainerPort } from '../protocol/ports.ts';
import type { RecordSigner } from '../protocol/record.ts';
import { shortfall } from '../protocol/shortfall.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { type RoundView, type TaskView, ZERO_HASH } from '../protocol/views.ts';
import { personal } from '../model/parts.ts';
import { AloneModel } from './alone.ts';
import type { DataBudget } from './data-budget.ts';
import { modelKey } from './journal.ts';
import { Learner } from './learner.ts';
import type { Participant } from './participant.ts';
import { type RoundResult, takePart } from './round.ts';
import { askWhetherCounted, counts, type Sent, SiteMemory } from './site-memory.ts';
import { StartFile } from './start-file.ts';
import type {
  ParticipationState,
  ParticipationStatus,
  RoundPart,
  RoundProgress,
  RoundSummary,
  StatusNote,
  TrainingProgress,
} from './status.ts';

export interface ParticipateOptions {
  readonly task: bigint;
  readonly registrationId: number;
  readonly wallet: string;
  readonly spec: TaskSpec;
  readonly dataset: SiteRows;
  readonly chain: ChainPort;
  readonly relay: RelayPort;
  readonly journal: Journal;
  /** of the data set; without it nothing is counted, as for example data that are nobody's */
  readonly budget?: DataBudget | undefined;
  readonly signer: RecordSigner;
  readonly channel: X25519KeyPair;
  readonly createTrainer: (spec: TaskSpec) => Promise<TrainerPort>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly onStatus: (status: ParticipationStatus) => void;
  readonly signal: AbortSignal;
  /** how often the chain is asked; default 400 ms */
  readonly pollMs?: number;
  /** how long a record may wait for the relay before its author posts it itself; default 8 s */
  readonly directPostAfterMs?: number;
  /** how often "I am here" is said while no round is live; default 2 s */
  readonly announceMs?: number;
  /** whether the same model is trained on this site's rows alone, to compare it with; default true */
  readonly comparesAlone?: boolean;
}

/** Rounds of the history that a status carries. */
const HISTORY_LENGTH = 1000;

/**
 * Runs until the task ends or the signal aborts.
 * @returns the last status: finished, failed or stopped. Failures that pass (relay or chain away) are waited out; a refusal of one
 * round is told in the status and the next round is tried, unless the owner's limit of privacy is reached.
 * @throws MurmurError for what no waiting can mend
 */
export async function participate(options: ParticipateOptions): Promise<ParticipationStatus> {
  const participation = new Participation(options);
  try {
    return await participation.run();
  } catch (error) {
    if (options.signal.aborted || hasCode(error, 'cancelled')) return participation.tell('stopped', 'left');
    participation.tell('failed', 'failed', error);
    throw error;
  }
}

class Participation {
  readonly #o: ParticipateOptions;
  readonly #me: Participant;
  readonly #learner: Learner;
  readonly #alone: AloneModel;
  readonly #start: StartFile;
  readonly #memory: SiteMemory;
  /** the comparisons of ended rounds, one after the other; never rejects */
  #comparing: Promise<void> = Promise.resolve();
  #status: ParticipationStatus;
  /** the step whose budget was told last */
  #budgetStep: number | undefined;
  #base: { hash: Hex; checkpoint: Checkpoint } | undefined;
  /** rounds that this participant refused or that it need not look at again */
  readonly #done = new Set<number>();

  constructor(options: ParticipateOptions) {
    this.#o = options;
    this.#learner = new Learner(options.spec, options.dataset, options.createTrainer);
    this.#start = new StartFile(options);
    this.#memory = new SiteMemory(options.journal, options.task);
    this.#alone = new AloneModel({
      spec: options.spec,
      train: options.dataset.train,
      site: fromHex(options.wallet, 20),
      task: options.task,
      journal: options.journal,
      trainEpoch: (...epoch) => this.#learner.aloneEpoch(...epoch),
      start: (signal) => this.#start.weights(signal),
    });
    const { task, registrationId, wallet, spec, chain, relay, journal, budget, signer, channel, clock, random } =
      options;
    this.#me = {
      task,
      registrationId,
      wallet,
      spec,
      chain,
      relay,
      journal,
      budget,
      signer,
      channel,
      clock,
      random,
      learner: this.#learner,
      start: this.#start,
      mailbox: new Mailbox(relay, task),
      pollMs: options.pollMs ?? 400,
      directPostAfterMs: options.directPostAfterMs ?? 8_000,
      onView: (view, index) => this.#set({ live: progressOf(view, index, spec.training.rounds) }),
      onTraining: (training: TrainingProgress) => this.#set({ training }),
    };
    this.#status = {
      state: 'starting',
      note: 'starting',
      task: task.toString(),
      trainingRounds: spec.training.rounds,
      step: 0,
      history: [],
      modelHash: ZERO_HASH,
    };
  }

  get #comparesAlone(): boolean {
    return this.#o.comparesAlone ?? true;
  }

  async run(): Promise<ParticipationStatus> {
    const { chain, task, signal, clock } = this.#o;
    let announcedAtMs = 0;
    await this.#o.budget?.begin();
    for (;;) {
      signal.throwIfAborted();
      try {
        const view = await chain.task(task, signal);
        const last = view.round > 0 ? await chain.round(task, view.round, signal) : undefined;
        const live = last && !isOver(last.phase) ? last : undefined;
        await this.#tellStep(view.step, live);
        if (view.status !== 'running') return await this.#finish(view);
        if (live && !this.#done.has(live.round)) {
          await this.#round(view, live);
          announcedAtMs = 0;
          continue;
        }
        const nowMs = clock.now();
        if (nowMs - announcedAtMs >= (this.#o.announceMs ?? 2_000)) {
          await this.#o.relay.announce(task, this.#o.registrationId, signal);
          announcedAtMs = nowMs;
          this.tell('waiting', 'ready');
        }
      } catch (error) {
        if (isOverBudget(error)) throw error;
        if (!hasCode(error, 'unreachable', 'timeout', 'not-found', 'conflict', 'refused', 'too-large')) throw error;
        this.tell('waiting', 'trouble', error);
      }
      await clock.sleep(this.#me.pollMs, signal);
    }
  }

  /** The step, and what the data set's budget is at it; read again after every round. */
  async #tellStep(step: number, live: RoundView | undefined): Promise<void> {
    if (this.#budgetStep === step) return;
    const budget = await this.#o.budget?.view({ step, live });
    this.#budgetStep = step;
    this.#set({ step, ...(budget && { budget }) });
  }

  async #round(task: TaskView, live: RoundView): Promise<void> {
    const { clock, signal, spec } = this.#o;
    const startedAtMs = clock.now();
    this.#me.mailbox.forgetBefore(live.round);
    const base = await this.#checkpoint(live.baseModel, live.round - 1);
    // Nobody takes part in a first round whose result it could not check.
    if (base === undefined) await this.#start.weights(signal);
    this.#set({ live: progressOf(live, undefined, spec.training.rounds) });
    this.tell('round', 'taking-part');
    let result: RoundResult;
    try {
      result = await takePart(this.#me, task, live, base, signal);
    } catch (error) {
      if (isOverBudget(error) || !hasCode(error, 'refused', 'timeout', 'bad-hash', 'bad-share')) throw error;
      this.#done.add(live.round);
      this.tell('waiting', 'sitting-out', error);
      return;
    }
    await this.#conclude(task, result, clock.now() - startedAtMs);
  }

  async #conclude({ parameters }: TaskView, result: RoundResult, durationMs: number): Promise<void> {
    const { view, recomputed, uploadBytes, index } = result;
    const { spec, journal, task, budget } = this.#o;
    this.#done.add(view.round);
    // Without a place in the roster nothing was held; an index that nobody told says nothing.
    if (index >= 0 && !wasReleased(view, index)) await budget?.letGo(view);
    this.#budgetStep = undefined;
    let own;
    if (view.phase === Phase.Settled && view.accepted && recomputed?.modelHash === view.modelHash) {
      this.#base = { hash: view.modelHash, checkpoint: recomputed.checkpoint };
      await journal.put(modelKey(task), recomputed.checkpointBytes);
      own = await this.#learner.metrics(
        await this.#personal(
          recomputed.checkpoint,
          view.round + 1,
          async ({ round }) => round === view.round && counts(view, index),
        ),
      );
    }
    const lacked = shortfall(view, parameters);
    const summary: RoundSummary = {
      round: view.round,
      step: view.step,
      kind: stepKind(view.step, spec.training.rounds),
      outcome: view.phase === Phase.Void ? 'void' : view.accepted ? 'accepted' : 'rejected',
      reason: view.voidReason,
      ...(lacked && { shortfall: lacked }),
      joined: view.n,
      survivors: popcount(view.u3),
      part: partOf(view, index),
      released: wasReleased(view, index),
      ...(recomputed?.metrics && { together: recomputed.metrics }),
      ...(own && { own }),
      modelHash: this.#base?.hash ?? ZERO_HASH,
      durationMs,
      uploadBytes,
    };
    this.#set({ history: [...this.#status.history, summary].slice(-HISTORY_LENGTH), modelHash: summary.modelHash });
    if (own && this.#base && this.#comparesAlone) this.#compare(summary, this.#base.checkpoint);
  }

  /** Beside a round's result, the model that this site has alone. Nothing waits for it: the next round begins meanwhile. */
  #compare({ round, step }: RoundSummary, { normaliser }: Checkpoint): void {
    this.#comparing = this.#comparing.then(async () => {
      const model = await this.#trainAlone(step, normaliser);
      const alone = model && (await this.#learner.metrics(model));
      if (alone === undefined) return;
      const history = this.#status.history.map((summary) =>
        summary.round === round ? { ...summary, alone } : summary,
      );
      this.#set({ history });
    });
    this.#comparing = this.#comparing.catch(() => undefined);
  }

  /** A comparison that cannot be had is no reason to leave the task: alone, training may diverge on rows that are few or odd. */
  async #trainAlone(step: number, normaliser: Normaliser): Promise<Checkpoint | undefined> {
    try {
      return await this.#alone.after(step, normaliser, this.#o.signal);
    } catch (error) {
      if (!hasCode(error, 'bad-input')) throw error;
      return undefined;
    }
  }

  /**
   * The checkpoint with this hash, which the task had after that round: from memory, the journal, or the relay. One that this participant did not compute itself is
   * replayed from the task's first round, so that nobody can hand a newcomer a crafted model.
   */
  async #checkpoint(hash: Hex, afterRound: number): Promise<Checkpoint | undefined> {
    if (hash === ZERO_HASH) return undefined;
    if (this.#base?.hash === hash) return this.#base.checkpoint;
    const { task, spec, journal, relay, chain, signal } = this.#o;
    const journalled = await journal.get(modelKey(task));
    let checkpoint = journalled && (await checkpointOf(spec, journalled, hash).catch(() => undefined));
    if (!checkpoint) {
      this.tell('waiting', 'replaying');
      const verification = await verifyTask({
        chain,
        source: relay,
        task,
        fromVectors: false,
        untilRound: afterRound,
        signal,
      });
      if (!verification.checkpoint || verification.recomputedModelHash !== hash) {
        throw new MurmurError('bad-hash', 'the model on chain does not follow from its rounds', {
          hint: 'Do not take part: this task was tampered with, or the relay serves wrong sums.',
        });
      }
      checkpoint = verification.checkpoint;
      await journal.put(modelKey(task), await writeCheckpoint(spec, checkpoint));
    }
    this.#base = { hash, checkpoint };
    this.#set({ modelHash: hash });
    return checkpoint;
  }

  async #finish(task: TaskView): Promise<ParticipationStatus> {
    const { chain, signal } = this.#o;
    const common = await this.#checkpoint(task.modelHash, task.round);
    const counted = askWhetherCounted(chain, task.task, signal);
    const checkpoint = common && (await this.#personal(common, task.round + 1, counted));
    if (task.status === 'finished') this.tell('finished', 'finished');
    else this.tell('failed', 'failed-voids');
    if (checkpoint === undefined || !this.#comparesAlone) return this.#status;
    try {
      await this.#comparing;
      const model = await this.#trainAlone(this.#o.spec.training.rounds, checkpoint.normaliser);
      const together = await this.#learner.judged(checkpoint);
      const alone = model && (await this.#learner.judged(model));
      if (together)
        this.#set({ ...(alone && { alone: alone.metrics }), result: { together, ...(alone && { alone }) } });
    } catch (error) {
      // The task has ended whatever becomes of the comparison.
      if (this.#o.signal.aborted) throw error;
      this.tell(this.#status.state, this.#status.note, error);
    }
    return this.#status;
  }

  /** This site's own model, after what it sent in rounds before that one has become part of it or not. */
  async #personal(
    model: Checkpoint,
    beforeRound: number,
    counted: (sent: Sent) => Promise<boolean>,
  ): Promise<Checkpoint> {
    const { spec } = this.#o;
    if (spec.model.private === undefined) return model;
    await this.#memory.settle(beforeRound, counted);
    return personal(spec, model, (await this.#memory.privateWeights(beforeRound)).now);
  }

  tell(state: ParticipationState, note: StatusNote, error?: unknown): ParticipationStatus {
    const { error: _, ...rest } = this.#status;
    this.#status = { ...rest, state, note, ...(error !== undefined && { error: toErrorData(error) }) };
    this.#o.onStatus(this.#status);
    return this.#status;
  }

  #set(change: Partial<ParticipationStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#o.onStatus(this.#status);
  }
}

function partOf(view: RoundView, index: number): RoundPart {
  if (index < 0) return 'absent';
  return has(view.u3, index) ? 'counted' : 'left-out';
}

/** Void rounds too: whoever gathers enough unmask answers knows the sum, whatever becomes of the round. */
function wasReleased(view: RoundView, index: number): boolean {
  return index >= 0 && has(view.u3, index) && view.voidReason !== VoidReason.TooFewSurvivors;
}

function progressOf(view: RoundView, index: number | undefined, trainingRounds: number): RoundProgress {
  return {
    round: view.round,
    step: view.step,
    kind: stepKind(view.step, trainingRounds),
    phase: phaseName(view.phase),
    phaseEndsAtMs: view.phaseEndsAt * 1000,
    ...(index !== undefined && { index }),
    joined: view.n,
    threshold: view.threshold,
    dealt: indicesOf(view.dealt),
    acked: indicesOf(view.acked),
    u2: indicesOf(view.u2),
    masked: indicesOf(view.masked),
    attested: indicesOf(view.attested),
    u3: indicesOf(view.u3),
    answered: indicesOf(view.answered),
    voted: indicesOf(view.voted),
  };
}
