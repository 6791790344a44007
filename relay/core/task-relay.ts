/**
 * The relay's part in one task. Each `step` looks at the chain once and does what is due: posts the batch, opens a round, posts the
 * beacon or the sum, or says `sync`. It decides nothing that the contract does not check, and everything it does anybody may do.
 *
 * Nothing here waits without a deadline; what was posted is remembered so that it is not paid for twice without need.
 */
import type { Clock } from '../../src/core/clock.ts';
import { hasCode, MurmurError, toErrorData } from '../../src/core/errors.ts';
import { type Message, isRecordPhase } from '../../src/protocol/messages.ts';
import { isOver, Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import type { ChainPort } from '../../src/protocol/ports.ts';
import { MAX_ANSWERS_IN_CALLDATA, type RoundView } from '../../src/protocol/views.ts';
import { Announcements } from './announcements.ts';
import { BatchQueue } from './batch-queue.ts';
import { withDeadline } from './deadline.ts';
import { RoundLog, type RoundName } from './round-log.ts';
import type { RelayStore } from './store.ts';
import { SumJob } from './sum-job.ts';
import { type Sight, TaskChain } from './task-chain.ts';
import type { Aggregate, BeaconSource, RelayOptions, Report } from './types.ts';

export interface TaskRelayParts {
  readonly task: bigint;
  readonly store: RelayStore;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly options: RelayOptions;
  readonly beacon: BeaconSource | undefined;
  readonly aggregate: Aggregate | undefined;
  readonly report: Report;
}

export class TaskRelay {
  readonly chain: TaskChain;
  readonly announcements: Announcements;
  readonly #parts: TaskRelayParts;
  readonly #queue: BatchQueue;
  readonly #sumJob: SumJob;
  #roundLog: { name: RoundName; log: Promise<RoundLog> } | undefined;
  /** when a thing was last done: `open/3`, `sync/3/5` */
  readonly #doneAtMs = new Map<string, number>();
  #live: RoundView | undefined;
  #overSince: { round: number; atMs: number } | undefined;
  #nextLookAtMs = Number.NEGATIVE_INFINITY;
  #finished = false;

  constructor(parts: TaskRelayParts) {
    this.#parts = parts;
    this.chain = new TaskChain(parts);
    this.announcements = new Announcements(parts.options);
    this.#queue = new BatchQueue(parts.options);
    this.#sumJob = new SumJob(parts);
  }

  /** Records that wait for a batch or for the chain to show them. */
  get queued(): number {
    return this.#queue.size;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Something happened that makes the next step worth a look at the chain. */
  wake(): void {
    this.#nextLookAtMs = Number.NEGATIVE_INFINITY;
  }

  enqueue(message: Message): void {
    this.#queue.add(message, this.#now());
    this.wake();
  }

  /** The log of a round; one load serves all callers. */
  roundLog(name: RoundName): Promise<RoundLog> {
    const known = this.#roundLog;
    if (known?.name.round === name.round && known.name.joinEndsAt === name.joinEndsAt) return known.log;
    const log = RoundLog.load(this.#parts.store, this.#parts.task.toString(), name);
    this.#roundLog = { name, log };
    // A failed load is tried again by the next caller; this one gets the error.
    log.catch(() => {
      if (this.#roundLog?.log === log) this.#roundLog = undefined;
    });
    return log;
  }

  /** One look and what follows from it. Errors are reported, never thrown, except `cancelled`. */
  async step(signal?: AbortSignal): Promise<void> {
    if (this.#finished || this.#now() < this.#nextLookAtMs) return;
    await this.#guard('looking at the chain', async () => {
      const sight = await this.chain.sight(0, signal);
      await this.#noteEnd(sight, signal);
      const { round } = sight;
      if (sight.task.status !== 'running') {
        this.#finished = true;
      } else if (round !== undefined && !isOver(round.phase)) {
        await this.#serve(round, signal);
      } else {
        await this.#between(sight, signal);
      }
    });
  }

  async #serve(view: RoundView, signal: AbortSignal | undefined): Promise<void> {
    this.#live = view;
    const { phase } = view;
    if (isRecordPhase(phase)) await this.#guard('posting records', () => this.#postBatch(view, phase, signal));
    if (phase === Phase.Beacon) await this.#guard('posting the beacon', () => this.#postBeacon(view, signal));
    if (phase === Phase.Sum) await this.#guard('posting the sum', () => this.#sumJob.step(view, this.chain, signal));
    if (this.#now() > view.phaseEndsAt * 1000 + this.#parts.options.syncGraceMs) {
      await this.#guard('syncing', () => this.#sync(view, signal));
    }
  }

  async #postBatch(view: RoundView, phase: RecordPhase, signal: AbortSignal | undefined): Promise<void> {
    const log = await this.roundLog(view);
    this.#queue.enter(view, phase, () => log.first(phase));
    const joined =
      phase === Phase.Join && view.n > 0 && this.#queue.size > 0 ? await this.#joined(view, signal) : new Set<number>();
    this.#queue.reconcile(view, phase, joined);
    const records = this.#queue.due(view, phase, this.#now());
    if (records.length === 0) return;
    const answers =
      phase === Phase.Unmask && view.n <= MAX_ANSWERS_IN_CALLDATA
        ? records.flatMap(({ answer }) => answer ?? [])
        : undefined;
    const packed = records.map((record) => record.packed);
    try {
      await this.chain.call('posting records', signal, (chain, inner) =>
        chain.postRecords(view.task, view.round, phase, packed, answers, inner),
      );
    } catch (error) {
      // A timed-out transaction may still be mined: wait for the chain to show it before paying again.
      if (hasCode(error, 'timeout')) this.#queue.posted(records, this.#now());
      else if (!hasCode(error, 'unreachable', 'cancelled')) this.#queue.failed(records, this.#now());
      throw error;
    }
    this.#queue.posted(records, this.#now());
    this.#parts.report({ kind: 'batch', task: view.task, round: view.round, phase, records: records.length });
  }

  async #joined(view: RoundView, signal: AbortSignal | undefined): Promise<ReadonlySet<number>> {
    const digests = await this.chain.call('reading joins', signal, (chain, inner) =>
      chain.digests(view.task, view.round, Phase.Join, inner),
    );
    return new Set(digests.keys());
  }

  async #postBeacon(view: RoundView, signal: AbortSignal | undefined): Promise<void> {
    const { beacon, clock, options, task } = this.#parts;
    const key = `beacon/${view.round}`;
    if (beacon === undefined || this.#doneLately(key)) return;
    const signature = await withDeadline(clock, options.beaconTimeoutMs, 'the beacon', signal, (inner) =>
      beacon.signature(view.beaconRound, inner),
    );
    if (signature === undefined) return;
    await this.chain.call('posting the beacon', signal, (chain, inner) =>
      chain.postBeacon(task, view.round, signature, inner),
    );
    this.#done(key);
    this.#parts.report({ kind: 'beacon', task, round: view.round });
  }

  async #sync(view: RoundView, signal: AbortSignal | undefined): Promise<void> {
    const key = `sync/${view.round}/${view.phase}`;
    if (this.#doneLately(key)) return;
    await this.chain.call('syncing', signal, (chain, inner) => chain.sync(this.#parts.task, inner));
    this.#done(key);
    this.#parts.report({ kind: 'sync', task: this.#parts.task, round: view.round });
  }

  /** No round is live: open one, or put the end of the last on record. */
  async #between({ task, round }: Sight, signal: AbortSignal | undefined): Promise<void> {
    const { options, report } = this.#parts;
    const { minCohort, maxCohort } = task.parameters;
    const now = this.#now();
    if (this.announcements.ready(minCohort, Math.max(minCohort, Math.min(maxCohort, task.registrations)), now)) {
      const key = `open/${task.round}`;
      if (!this.#doneLately(key)) {
        await this.#guard('opening a round', async () => {
          await this.chain.call('opening a round', signal, (chain, inner) => chain.open(task.task, inner));
          this.#done(key);
          this.announcements.opened();
          report({ kind: 'opened', task: task.task, round: task.round + 1 });
        });
        return;
      }
      // It was opened to no effect: time may have ended the task, which only `sync` writes down.
    }
    if (round !== undefined) {
      if (this.#overSince?.round !== round.round) this.#overSince = { round: round.round, atMs: now };
      const unrecorded =
        now - this.#overSince.atMs >= options.idleSyncMs && !this.#doneAtMs.has(`sync/${round.round}/${round.phase}`);
      if (unrecorded) await this.#guard('syncing', () => this.#sync(round, signal));
      if (now - this.#overSince.atMs < options.idleSyncMs) return;
    }
    if (this.announcements.fresh(now) === 0) this.#nextLookAtMs = now + options.idlePollMs;
  }

  /** Reports the end of a round that this relay saw alive, also when the next one began meanwhile. */
  async #noteEnd({ round }: Sight, signal: AbortSignal | undefined): Promise<void> {
    const live = this.#live;
    if (live === undefined || round === undefined || (round.round === live.round && !isOver(round.phase))) return;
    this.#live = undefined;
    this.#doneAtMs.clear();
    const ended = round.round === live.round ? round : await this.chain.round(live.round, signal);
    if (!isOver(ended.phase)) return;
    const kind = ended.phase === Phase.Settled ? 'settled' : 'void';
    this.#parts.report({ kind, task: this.#parts.task, round: ended.round });
  }

  #now(): number {
    return this.#parts.clock.now();
  }

  #done(key: string): void {
    this.#doneAtMs.set(key, this.#now());
  }

  #doneLately(key: string): boolean {
    const atMs = this.#doneAtMs.get(key);
    return atMs !== undefined && this.#now() - atMs < this.#parts.options.repostMs;
  }

  async #guard(during: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof MurmurError && error.code === 'cancelled') throw error;
      const round = this.#live?.round ?? 0;
      this.#parts.report({ kind: 'error', task: this.#parts.task, round, during, error: toErrorData(error) });
    }
  }
}
