/**
 * The coordinator contract in memory: registrations, stakes, pool and bonds around the round machine of src/protocol/round.ts,
 * which tests/integration/contracts-twin.test.ts holds against the real contract. Time is the simulation's.
 */
import { createHash } from 'node:crypto';
import { type Bytes, bytesToBigInt, type Hex, toHex, uintBytes } from '../../src/core/bytes.ts';
import { has, popcount } from '../../src/core/bitmap.ts';
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { isOver, Phase, type RecordPhase, stepKind, Verdict } from '../../src/protocol/phases.ts';
import type { ChainPort } from '../../src/protocol/ports.ts';
import { type AllianceRecord, type RecordDomain, unpackRecord, voteDigest } from '../../src/protocol/record.ts';
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
  type Registration,
  type RoundView,
  type TaskParameters,
  type TaskStatus,
  type TaskView,
  ZERO_HASH,
} from '../../src/protocol/views.ts';

export const hashOf = (...parts: readonly (Uint8Array | string)[]): Bytes => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** A signature of the simulation: 64 bytes that name the signer. No secret stands behind it; forging is tested on the real chain. */
export function simulatedSignature(address: Hex, record: AllianceRecord): Bytes {
  const text = `${record.task}/${record.round}/${record.phase}/${record.index}/${toHex(record.digest)}`;
  return new Uint8Array([...hashOf(address, text), ...hashOf(text, address)]);
}

interface LoggedRound {
  state: RoundState;
  readonly openedAtSeconds: number;
  readonly joinEndsAt: number;
  readonly digests: Map<RecordPhase, Map<number, Bytes>>;
  readonly answers: Map<number, Bytes>;
  endedAtSeconds: number;
  poster: Hex | undefined;
  /** pay of the round, fixed when it settles */
  shared: bigint;
  perVote: bigint;
}

export class ContractTwin {
  readonly domain: RecordDomain = { chainId: 31337, coordinator: `0x${'c0'.repeat(20)}` };
  readonly rounds: LoggedRound[] = [];
  readonly registrations: (Registration & { active: boolean })[] = [];
  readonly balances = new Map<string, bigint>();
  treasury = 0n;
  step = 0;
  status: TaskStatus = 'running';
  modelHash: Hex = ZERO_HASH;
  consecutiveVoids = 0;
  poolLeft: bigint;
  readonly #clock: Clock;
  readonly #parameters: TaskParameters;
  readonly #specHash: Hex;
  /** tokens inside the contract, whatever they are for */
  held: bigint;

  constructor(clock: Clock, parameters: TaskParameters, specHash: Hex) {
    this.#clock = clock;
    this.#parameters = parameters;
    this.#specHash = specHash;
    this.poolLeft = parameters.pool;
    this.held = parameters.pool;
  }

  register(wallet: Hex, sessionKey: Hex, channelKey: Bytes): number {
    const registrationId = this.registrations.length;
    this.registrations.push({
      registrationId,
      wallet,
      sessionKey,
      channelKey,
      stake: this.#parameters.stake,
      active: true,
    });
    this.held += this.#parameters.stake;
    return registrationId;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** The round as of now; books what its end means, once. */
  #current(number: number): LoggedRound {
    const round = this.rounds[number - 1];
    if (!round) throw new MurmurError('not-found', `no round ${number}`);
    if (isOver(round.state.phase)) return round;
    round.state = advance(round.state, this.#parameters, this.#seconds());
    if (isOver(round.state.phase)) this.#book(round);
    return round;
  }

  #book(round: LoggedRound): void {
    const { state } = round;
    round.endedAtSeconds = this.#seconds();
    if (round.poster && state.sumRoot !== ZERO_HASH) {
      const disputes = state.verdicts.filter((verdict) => verdict === Verdict.Dispute).length;
      const corrupt = corruptBound(state.roster.length, this.#parameters.corruptBps);
      if (state.phase === Phase.Void && disputes > corrupt) {
        this.treasury += this.#parameters.sumBond;
        this.held -= this.#parameters.sumBond;
      } else this.#pay(round.poster, this.#parameters.sumBond);
    }
    if (state.phase === Phase.Void) {
      if (state.roster.length < this.#parameters.minCohort) return;
      this.consecutiveVoids++;
      if (this.consecutiveVoids >= this.#parameters.maxVoids) this.status = 'failed';
      return;
    }
    this.consecutiveVoids = 0;
    if (stepKind(state.step, this.#parameters.trainingRounds) === 'training') {
      const roundsLeft = BigInt(this.#parameters.trainingRounds - state.step + 1);
      const pool = this.poolLeft / roundsLeft;
      round.perVote = pool / 10n / BigInt(popcount(state.voted));
      round.shared = state.accepted ? (pool * 9n) / 10n : 0n;
      this.poolLeft -= round.shared + round.perVote * BigInt(popcount(state.voted));
    }
    if (state.accepted) this.modelHash = state.modelHash;
    this.step++;
    if (this.step > this.#parameters.trainingRounds + 1) this.status = 'finished';
  }

  #pay(to: Hex, amount: bigint): void {
    this.held -= amount;
    this.balances.set(to, (this.balances.get(to) ?? 0n) + amount);
  }

  /** Everybody claims, withdraws and is refunded; what stays is rounding dust. */
  payEverybody(creator: Hex): void {
    for (const round of this.rounds) {
      if (round.state.phase !== Phase.Settled || round.shared + round.perVote === 0n) continue;
      for (const [index, id] of round.state.roster.entries()) {
        const share = has(round.state.u3, index) ? round.shared / BigInt(popcount(round.state.u3)) : 0n;
        const vote = has(round.state.voted, index) ? round.perVote : 0n;
        this.#pay((this.registrations[id] as Registration).wallet, share + vote);
      }
    }
    for (const { wallet, stake } of this.registrations) this.#pay(wallet, stake);
    this.#pay(creator, this.poolLeft);
  }

  task(): TaskView {
    if (this.rounds.length > 0) this.#current(this.rounds.length);
    return {
      task: 1n,
      creator: `0x${'11'.repeat(20)}`,
      specHash: this.#specHash,
      parameters: this.#parameters,
      status: this.status,
      step: this.step,
      round: this.rounds.length,
      modelHash: this.modelHash,
      poolLeft: this.poolLeft,
      registrations: this.registrations.length,
      consecutiveVoids: this.consecutiveVoids,
      createdAtBlock: 1n,
    };
  }

  view(number: number): RoundView {
    const { state, joinEndsAt, digests } = this.#current(number);
    const n = state.roster.length;
    const corrupt = corruptBound(n, this.#parameters.corruptBps);
    let rosterHash: Bytes = new Uint8Array(32);
    for (const id of state.roster)
      rosterHash = hashOf(rosterHash, uintBytes(id, 2), digests.get(Phase.Join)?.get(id) as Bytes);
    return {
      task: 1n,
      round: number,
      step: state.step,
      phase: state.phase,
      phaseEndsAt: state.phaseEndsAt,
      joinEndsAt,
      openedAtBlock: 1n,
      beaconRound: state.beaconRound,
      beacon: state.beacon,
      baseModel: state.baseModel,
      n,
      corrupt,
      threshold: shareThreshold(n, this.#parameters.corruptBps),
      rosterHash: toHex(rosterHash),
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

  async postRecords(
    number: number,
    phase: RecordPhase,
    records: readonly Bytes[],
    answers?: readonly Bytes[],
  ): Promise<void> {
    for (const [i, packed] of records.entries()) {
      const { index, digest, signature } = unpackRecord(packed);
      const round = this.#current(number);
      const id = phase === Phase.Join ? index : round.state.roster[index];
      const registration = id === undefined ? undefined : this.registrations[id];
      if (!registration) continue;
      const record = { task: 1n, round: number, group: 0, phase, index, digest };
      if (toHex(simulatedSignature(registration.sessionKey, record)) !== toHex(signature)) continue;
      const answer = answers?.[i];
      if (answer && toHex(hashOf(answer)) !== toHex(digest)) continue;
      const result =
        phase === Phase.Join
          ? acceptJoin(round.state, this.#parameters, index)
          : acceptRecord(round.state, phase, index, await this.#value(round.state, phase, digest));
      if (typeof result === 'number') continue;
      round.state = result;
      if (!round.digests.has(phase)) round.digests.set(phase, new Map());
      round.digests.get(phase)?.set(index, digest);
      if (answer) round.answers.set(index, answer);
      this.#current(number);
    }
  }

  async #value(state: RoundState, phase: RecordPhase, digest: Bytes): Promise<bigint> {
    if (phase === Phase.Ack || phase === Phase.Have) return bytesToBigInt(digest);
    if (phase !== Phase.Vote) return 0n;
    const expected = await voteDigest(state.sumRoot, state.modelHash, Verdict.Abstain);
    return toHex(expected.subarray(0, 31)) === toHex(digest.subarray(0, 31)) ? BigInt(digest[31] as number) : 0n;
  }

  /** The creator ends the task between two rounds. */
  abandon(): void {
    const { status, round } = this.task();
    if (status === 'running' && (round === 0 || isOver(this.#current(round).state.phase))) this.status = 'failed';
  }

  open(): void {
    const { status, round } = this.task();
    if (status !== 'running' || (round > 0 && !isOver(this.#current(this.rounds.length).state.phase))) return;
    const nowSeconds = this.#seconds();
    const joinEndsAt = nowSeconds + this.#parameters.joinSeconds;
    this.rounds.push({
      state: openRound({
        step: this.step,
        baseModel: this.modelHash,
        beaconRound: BigInt(joinEndsAt + 1),
        parameters: this.#parameters,
        nowSeconds,
      }),
      openedAtSeconds: nowSeconds,
      joinEndsAt,
      digests: new Map(),
      answers: new Map(),
      endedAtSeconds: 0,
      poster: undefined,
      shared: 0n,
      perVote: 0n,
    });
  }

  postBeacon(number: number, signature: Bytes): void {
    const round = this.#current(number);
    if (isOver(round.state.phase)) return;
    if (toHex(signature) !== toHex(hashOf(`beacon/${round.state.beaconRound}`))) return;
    round.state = acceptBeacon(round.state, this.#parameters, toHex(hashOf(signature)), this.#seconds());
    if (isOver(round.state.phase)) this.#book(round);
  }

  postSum(number: number, poster: Hex, sumRoot: Hex, modelHash: Hex): void {
    const round = this.#current(number);
    if (round.state.phase !== Phase.Sum) return;
    this.held += this.#parameters.sumBond;
    round.poster = poster;
    round.state = acceptSum(round.state, this.#parameters, sumRoot, modelHash, this.#seconds());
  }

  /** A port without a network between: what the lossy one wraps. */
  port(poster: Hex): ChainPort {
    const roster = (number: number) =>
      this.#current(number).state.roster.map((id, index) => ({ ...(this.registrations[id] as Registration), index }));
    return {
      domain: this.domain,
      head: async () => ({ number: BigInt(this.#seconds()), hash: ZERO_HASH, timestamp: this.#seconds() }),
      taskCount: async () => 1n,
      task: async () => this.task(),
      round: async (_, number) => this.view(number),
      roster: async (_, number) => roster(number),
      registration: async (_, id) => {
        const registration = this.registrations[id];
        if (!registration) throw new MurmurError('not-found', `no registration ${id}`);
        return registration;
      },
      digests: async (_, number, phase) => new Map(this.#current(number).digests.get(phase)),
      answers: async (_, number) => new Map(this.#current(number).answers),
      survivors: async (_, number) => ({ u2: this.view(number).u2, u3: this.view(number).u3, blockHash: ZERO_HASH }),
      postRecords: (_, number, phase, records, answers) => this.postRecords(number, phase, records, answers),
      open: async () => this.open(),
      postBeacon: async (_, number, signature) => this.postBeacon(number, signature),
      postSum: async (_, number, sumRoot, modelHash) => this.postSum(number, poster, sumRoot, modelHash),
      sync: async () => void this.task(),
    };
  }
}
