/**
 * A chain in memory for the relay's own tests: the protocol's round machine, registrations, and a count of every call. It checks no
 * signatures; the real contract and its twin are tested elsewhere.
 */
import { type Bytes, type Hex, bytesToBigInt, toHex, uintBytes } from '../../src/core/bytes.ts';
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { isOver, Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import type { ChainPort } from '../../src/protocol/ports.ts';
import { unpackRecord } from '../../src/protocol/record.ts';
import {
  acceptBeacon,
  acceptJoin,
  acceptRecord,
  acceptSum,
  advance,
  openRound,
  type RoundState,
} from '../../src/protocol/round.ts';
import { corruptBound, shareThreshold } from '../../src/protocol/threshold.ts';
import {
  type ChainHead,
  type Member,
  type Registration,
  type RoundView,
  type TaskParameters,
  type TaskStatus,
  type TaskView,
  ZERO_HASH,
} from '../../src/protocol/views.ts';

export const PARAMETERS: TaskParameters = {
  minCohort: 3,
  maxCohort: 8,
  trainingRounds: 2,
  corruptBps: 2500,
  survivorFloor: 3,
  joinSeconds: 20,
  phaseSeconds: 60,
  beaconSeconds: 60,
  maxVoids: 10,
  allowListed: true,
  stake: 0n,
  sumBond: 0n,
  pool: 0n,
};

interface StubRound {
  state: RoundState;
  readonly joinEndsAt: number;
  readonly digests: Map<RecordPhase, Map<number, Bytes>>;
  readonly answers: Map<number, Bytes>;
}

interface StubTask {
  readonly specHash: Hex;
  readonly registrations: Registration[];
  readonly rounds: StubRound[];
  status: TaskStatus;
}

export class ChainStub implements ChainPort {
  readonly domain = { chainId: 31337, coordinator: `0x${'c0'.repeat(20)}` as Hex };
  readonly tasks = new Map<bigint, StubTask>();
  /** what was called to write, in order: `records/phase/count`, `open`, ... */
  readonly writes: string[] = [];
  /** thrown by the next call whose name it is set for; cleared then */
  readonly failures = new Map<string, Error>();
  /** phases move only when something is written, as on a chain that mines on demand */
  frozen = false;
  readonly #clock: Clock;
  readonly #parameters: TaskParameters;

  constructor(clock: Clock, parameters: Partial<TaskParameters> = {}) {
    this.#clock = clock;
    this.#parameters = { ...PARAMETERS, ...parameters };
  }

  addTask(sessionKeys: readonly Hex[], specHash = ZERO_HASH): bigint {
    const task = BigInt(this.tasks.size + 1);
    const registrations = sessionKeys.map((sessionKey, registrationId) => ({
      registrationId,
      wallet: toHex(uintBytes(1000 + registrationId, 20)),
      sessionKey,
      channelKey: uintBytes(registrationId + 1, 32),
      stake: 0n,
    }));
    this.tasks.set(task, { specHash, registrations, rounds: [], status: 'running' });
    return task;
  }

  async head(): Promise<ChainHead> {
    return { number: 1n, hash: ZERO_HASH, timestamp: this.#seconds() };
  }

  async taskCount(): Promise<bigint> {
    return BigInt(this.tasks.size);
  }

  async task(task: bigint): Promise<TaskView> {
    this.#fail('task');
    const { specHash, registrations, rounds, status } = this.#task(task);
    return {
      task,
      creator: ZERO_HASH,
      specHash,
      parameters: this.#parameters,
      status,
      step: 0,
      round: rounds.length,
      modelHash: ZERO_HASH,
      poolLeft: 0n,
      registrations: registrations.length,
      consecutiveVoids: 0,
      createdAtBlock: 1n,
    };
  }

  async round(task: bigint, round: number): Promise<RoundView> {
    this.#fail('round');
    const entry = this.#round(task, round);
    if (!this.frozen) this.#advance(entry);
    const { state } = entry;
    const n = state.roster.length;
    const corrupt = n === 0 ? 0 : corruptBound(n, this.#parameters.corruptBps);
    return {
      task,
      round,
      step: state.step,
      phase: state.phase,
      phaseEndsAt: state.phaseEndsAt,
      joinEndsAt: entry.joinEndsAt,
      openedAtBlock: 1n,
      beaconRound: state.beaconRound,
      beacon: state.beacon,
      baseModel: state.baseModel,
      n,
      corrupt,
      threshold: shareThreshold(n, corrupt),
      rosterHash: ZERO_HASH,
      dealt: state.dealt,
      acked: state.acked,
      u2: state.u2,
      masked: state.masked,
      attested: state.attested,
      u3: state.u3,
      answered: state.answered,
      voted: state.voted,
      sumRoot: state.sumRoot,
      modelHash: state.modelHash,
      accepted: state.accepted,
      voidReason: state.voidReason,
    };
  }

  async roster(task: bigint, round: number): Promise<readonly Member[]> {
    const { registrations } = this.#task(task);
    return this.#round(task, round).state.roster.map((id, index) => ({
      ...(registrations[id] as Registration),
      index,
    }));
  }

  async registration(task: bigint, registrationId: number): Promise<Registration> {
    const registration = this.#task(task).registrations[registrationId];
    if (registration === undefined) throw new MurmurError('not-found', `no registration ${registrationId}`);
    return registration;
  }

  async digests(task: bigint, round: number, phase: RecordPhase): Promise<ReadonlyMap<number, Bytes>> {
    return this.#round(task, round).digests.get(phase) ?? new Map();
  }

  async answers(task: bigint, round: number): Promise<ReadonlyMap<number, Bytes>> {
    return this.#round(task, round).answers;
  }

  async survivors(task: bigint, round: number): Promise<{ u2: bigint; u3: bigint; blockHash: Hex }> {
    const { u2, u3 } = this.#round(task, round).state;
    return { u2, u3, blockHash: ZERO_HASH };
  }

  async postRecords(
    task: bigint,
    round: number,
    phase: RecordPhase,
    records: readonly Bytes[],
    answers?: readonly Bytes[],
  ): Promise<void> {
    this.writes.push(`records/${phase}/${records.length}`);
    this.#fail('postRecords');
    const entry = this.#round(task, round);
    this.#advance(entry);
    for (const [i, packed] of records.entries()) {
      const { index, digest } = unpackRecord(packed);
      const value = phase === Phase.Vote ? BigInt(digest[31] as number) : bytesToBigInt(digest);
      const next =
        phase === Phase.Join
          ? acceptJoin(entry.state, this.#parameters, index)
          : acceptRecord(entry.state, phase, index, value);
      if (typeof next === 'number') continue;
      entry.state = next;
      const digests = entry.digests.get(phase) ?? new Map<number, Bytes>();
      entry.digests.set(phase, digests.set(index, digest));
      const answer = answers?.[i];
      if (answer !== undefined) entry.answers.set(index, answer);
    }
    this.#advance(entry);
  }

  async open(task: bigint): Promise<void> {
    this.writes.push('open');
    this.#fail('open');
    const entry = this.#task(task);
    const last = entry.rounds.at(-1);
    if (last !== undefined) {
      this.#advance(last);
      if (!isOver(last.state.phase)) return;
    }
    const state = openRound({
      step: 0,
      baseModel: ZERO_HASH,
      beaconRound: 7n,
      parameters: this.#parameters,
      nowSeconds: this.#seconds(),
    });
    entry.rounds.push({ state, joinEndsAt: state.phaseEndsAt, digests: new Map(), answers: new Map() });
  }

  async postBeacon(task: bigint, round: number, signature: Bytes): Promise<void> {
    this.writes.push('beacon');
    const entry = this.#round(task, round);
    this.#advance(entry);
    entry.state = acceptBeacon(entry.state, this.#parameters, toHex(signature), this.#seconds());
  }

  async postSum(task: bigint, round: number, sumRoot: Hex, modelHash: Hex): Promise<void> {
    this.writes.push('sum');
    const entry = this.#round(task, round);
    this.#advance(entry);
    entry.state = acceptSum(entry.state, this.#parameters, sumRoot, modelHash, this.#seconds());
  }

  async sync(task: bigint): Promise<void> {
    this.writes.push('sync');
    const last = this.#task(task).rounds.at(-1);
    if (last !== undefined) this.#advance(last);
  }

  #advance(entry: StubRound): void {
    entry.state = advance(entry.state, this.#parameters, this.#seconds());
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  #task(task: bigint): StubTask {
    const entry = this.tasks.get(task);
    if (entry === undefined) throw new MurmurError('not-found', `no task ${task}`);
    return entry;
  }

  #round(task: bigint, round: number): StubRound {
    const entry = this.#task(task).rounds[round - 1];
    if (entry === undefined) throw new MurmurError('not-found', `no round ${round}`);
    return entry;
  }

  #fail(call: string): void {
    const error = this.failures.get(call);
    this.failures.delete(call);
    if (error !== undefined) throw error;
  }
}
