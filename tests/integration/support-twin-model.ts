/**
 * A task as docs/protocol.md describes it: the round machine of src/protocol/round.ts, with the little around it that decides which
 * records reach it (registrations, slots of a batch) and what the end of a round means to the task. A call either happens whole or
 * is reverted and leaves nothing, not even what it wrote down about time.
 */
import { type Bytes, bytesToBigInt, type Hex, toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { isOver, Phase, RECORD_PHASES, type RecordPhase, SkipReason, Verdict } from '../../src/protocol/phases.ts';
import { voteDigest } from '../../src/protocol/record.ts';
import {
  acceptBeacon,
  acceptJoin,
  acceptRecord,
  acceptSum,
  advance,
  openRound,
  type RoundState,
} from '../../src/protocol/round.ts';
import { type TaskParameters, type TaskStatus, ZERO_HASH } from '../../src/protocol/views.ts';

export interface Entry {
  readonly index: number;
  readonly digest: Bytes;
  readonly packed: Bytes;
  /** whose key signed exactly this record; undefined when the signature is of something else, or none */
  readonly signer: Hex | undefined;
}

export type Action =
  | {
      readonly kind: 'records';
      readonly round: number;
      readonly group: number;
      readonly phase: number;
      readonly entries: readonly Entry[];
      readonly answers: readonly Bytes[] | undefined;
      /** bytes that follow the records and are none */
      readonly tail: Bytes;
    }
  | { readonly kind: 'open' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'beacon' | 'early'; readonly round: number; readonly signs: bigint; readonly signature: Bytes }
  | {
      readonly kind: 'sum';
      readonly round: number;
      readonly poor: boolean;
      readonly sumRoot: Hex;
      readonly modelHash: Hex;
    }
  | { readonly kind: 'register'; readonly wallet: number; readonly sessionKey: Hex; readonly expiry: number }
  | { readonly kind: 'abandon'; readonly stranger: boolean }
  | { readonly kind: 'revoke'; readonly wallet: number }
  | { readonly kind: 'withdraw'; readonly wallet: number };

export interface Outcome {
  /** name of the custom error */
  readonly reverted: string | undefined;
  readonly skipped: readonly (readonly [index: number, reason: number])[];
}

export interface Registered {
  readonly wallet: number;
  readonly sessionKey: Hex;
  readonly expiry: number;
  readonly firstRound: number;
  readonly active: boolean;
}

interface RoundLog {
  readonly state: RoundState;
  readonly joinEndsAt: number;
  readonly digests: ReadonlyMap<number, ReadonlyMap<number, Bytes>>;
  readonly answers: ReadonlyMap<number, Bytes>;
}

interface Books {
  readonly status: TaskStatus;
  readonly step: number;
  readonly voids: number;
  readonly modelHash: Hex;
  readonly rounds: readonly RoundLog[];
  readonly registrations: readonly Registered[];
  /** bonds of disputed sums */
  readonly lost: bigint;
}

class Reverted {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export interface BeaconTimes {
  readonly genesis: number;
  readonly periodSeconds: number;
  readonly delaySeconds: number;
}

/** Rosters up to here carry their unmask answers in calldata. */
const MAX_ANSWERS = 16;

export class TaskModel {
  readonly parameters: TaskParameters;
  readonly #beacon: BeaconTimes;
  #books: Books = {
    status: 'running',
    step: 0,
    voids: 0,
    modelHash: ZERO_HASH,
    rounds: [],
    registrations: [],
    lost: 0n,
  };

  constructor(parameters: TaskParameters, beacon: BeaconTimes) {
    this.parameters = parameters;
    this.#beacon = beacon;
  }

  get books(): Books {
    return this.#books;
  }

  /** A round as of a time, whatever was written down; undefined before the first. */
  view(number: number, atSeconds: number): RoundState | undefined {
    const log = this.#books.rounds[number - 1];
    return log && this.#advance(log.state, atSeconds);
  }

  /** What the call does to the task, if it does not revert, and what it says. */
  async apply(action: Action, atSeconds: number): Promise<Outcome> {
    const before = this.#books;
    try {
      return { reverted: undefined, skipped: await this.#call(action, atSeconds) };
    } catch (error) {
      if (!(error instanceof Reverted)) throw error;
      this.#books = before;
      return { reverted: error.name, skipped: [] };
    }
  }

  async #call(action: Action, atSeconds: number): Promise<Outcome['skipped']> {
    if (action.kind === 'wait') return [];
    if (action.kind === 'records') {
      if (action.answers && action.answers.length !== action.entries.length) throw new Reverted('BadLength');
      if (action.group !== 0) throw new Reverted('UnknownGroup');
      if (action.tail.length > 0) throw new Reverted('BadLength');
      if (!RECORD_PHASES.some((phase) => phase === action.phase)) throw new Reverted('NotARecordPhase');
    }
    this.#store(atSeconds, (state) => state);
    switch (action.kind) {
      case 'sync':
        break;
      case 'open':
        this.#open(atSeconds);
        break;
      case 'records':
        return this.#records(action, atSeconds);
      case 'beacon':
      case 'early': {
        const state = this.#inPhase(action.round, action.kind === 'beacon' ? Phase.Beacon : Phase.Join);
        if (action.signs !== state.beaconRound) throw new Reverted('BadSignature');
        const randomness = toHex(await sha256(action.signature));
        this.#store(atSeconds, (newest) => acceptBeacon(newest, this.parameters, randomness, atSeconds));
        break;
      }
      case 'sum': {
        this.#inPhase(action.round, Phase.Sum);
        if (action.poor && this.parameters.sumBond > 0n) throw new Reverted('InsufficientDeposit');
        const { sumRoot, modelHash } = action;
        this.#store(atSeconds, (newest) => acceptSum(newest, this.parameters, sumRoot, modelHash, atSeconds));
        break;
      }
      case 'abandon':
        this.#abandon(action.stranger);
        break;
      case 'register':
        this.#register(action);
        break;
      case 'revoke':
      case 'withdraw':
        this.#leave(action.wallet, action.kind === 'withdraw');
    }
    return [];
  }

  #advance(state: RoundState, atSeconds: number): RoundState {
    return advance(state, this.parameters, atSeconds);
  }

  /** Changes the newest round, lets time and completeness do theirs, and books its end. */
  #store(atSeconds: number, change: (state: RoundState) => RoundState, more: Partial<RoundLog> = {}): void {
    const { rounds } = this.#books;
    const newest = rounds.at(-1);
    if (!newest || isOver(newest.state.phase)) return;
    const state = this.#advance(change(newest.state), atSeconds);
    this.#books = { ...this.#books, rounds: [...rounds.slice(0, -1), { ...newest, ...more, state }] };
    if (isOver(state.phase)) this.#book(state);
  }

  #book(state: RoundState): void {
    const books = this.#books;
    const { maxVoids, trainingRounds, sumBond } = this.parameters;
    if (state.phase === Phase.Void) {
      // Anybody may open a round, so one that too few joined does not count.
      const voids = books.voids + (state.roster.length < this.parameters.minCohort ? 0 : 1);
      const disputed = state.verdicts.filter((verdict) => verdict === Verdict.Dispute).length;
      const corrupt = Math.max(1, Math.floor((state.roster.length * this.parameters.corruptBps) / 10_000));
      const lost = books.lost + (disputed > corrupt ? sumBond : 0n);
      this.#books = { ...books, voids, lost, status: voids === maxVoids ? 'failed' : books.status };
      return;
    }
    const last = books.step > trainingRounds;
    this.#books = {
      ...books,
      voids: 0,
      modelHash: state.accepted ? state.modelHash : books.modelHash,
      step: last ? books.step : books.step + 1,
      status: last ? 'finished' : books.status,
    };
  }

  #inPhase(number: number, phase: Phase): RoundState {
    const { rounds } = this.#books;
    const newest = rounds.at(-1);
    if (number !== rounds.length) throw new Reverted('NotNewestRound');
    if (newest?.state.phase !== phase) throw new Reverted('WrongPhase');
    return newest.state;
  }

  #open(nowSeconds: number): void {
    const { rounds, status, step, modelHash } = this.#books;
    const newest = rounds.at(-1);
    if (status !== 'running') throw new Reverted('TaskNotRunning');
    if (newest && !isOver(newest.state.phase)) throw new Reverted('RoundStillLive');
    const joinEndsAt = nowSeconds + this.parameters.joinSeconds;
    const { genesis, periodSeconds, delaySeconds } = this.#beacon;
    // The first that comes strictly after the end of joining and the delay; round 1 comes at genesis.
    let beaconRound = Math.ceil((joinEndsAt + delaySeconds - genesis) / periodSeconds) + 1;
    while (genesis + (beaconRound - 1) * periodSeconds <= joinEndsAt + delaySeconds) beaconRound++;
    const { parameters } = this;
    const state = openRound({
      step,
      baseModel: modelHash,
      beaconRound: BigInt(beaconRound),
      parameters,
      nowSeconds,
    });
    const log = { state, joinEndsAt, digests: new Map(), answers: new Map() };
    this.#books = { ...this.#books, rounds: [...rounds, log] };
  }

  #abandon(stranger: boolean): void {
    const { rounds, status } = this.#books;
    const newest = rounds.at(-1);
    if (stranger) throw new Reverted('NotCreator');
    if (status !== 'running') throw new Reverted('TaskNotRunning');
    if (newest && !isOver(newest.state.phase)) throw new Reverted('RoundStillLive');
    this.#books = { ...this.#books, status: 'failed' };
  }

  async #records(action: Action & { kind: 'records' }, atSeconds: number): Promise<Outcome['skipped']> {
    const { rounds } = this.#books;
    const newest = action.round === rounds.length ? rounds.at(-1) : undefined;
    if (!newest) return action.entries.map(({ index }) => [index, SkipReason.Late]);
    const phase = action.phase as RecordPhase;
    const skipped: [number, number][] = [];
    const digests = new Map(newest.digests.get(phase));
    const answers = new Map(newest.answers);
    // A batch is taken as a whole: the phase that it completes ends after its last record.
    let { state } = newest;
    for (const [i, entry] of action.entries.entries()) {
      const answer = action.answers?.[i];
      const next = await this.#record(state, phase, entry, answer, atSeconds);
      if (typeof next === 'number') {
        skipped.push([entry.index, next]);
        continue;
      }
      state = next;
      digests.set(entry.index, entry.digest);
      if (answer && state.roster.length <= MAX_ANSWERS) answers.set(entry.index, answer);
    }
    if (skipped.length < action.entries.length) {
      this.#store(atSeconds, () => state, { digests: new Map(newest.digests).set(phase, digests), answers });
    }
    return skipped;
  }

  async #record(
    state: RoundState,
    phase: RecordPhase,
    entry: Entry,
    answer: Bytes | undefined,
    atSeconds: number,
  ): Promise<RoundState | SkipReason> {
    const { index, digest } = entry;
    const { registrations, rounds } = this.#books;
    if (phase === Phase.Join) {
      const next = acceptJoin(state, this.parameters, index);
      if (typeof next === 'number') return next;
      const joining = registrations[index];
      if (!joining?.active || joining.expiry <= atSeconds || joining.firstRound > rounds.length) {
        return SkipReason.Inactive;
      }
      return joining.sessionKey === entry.signer ? next : SkipReason.BadSignature;
    }
    const next = acceptRecord(state, phase, index, await valueOf(state, phase, digest));
    if (typeof next === 'number') return next;
    if (phase === Phase.Unmask && state.roster.length <= MAX_ANSWERS) {
      if (!answer || toHex(await sha256(answer)) !== toHex(digest)) return SkipReason.BadDigest;
    }
    const member = registrations[state.roster[index] as number] as Registered;
    return member.sessionKey === entry.signer ? next : SkipReason.BadSignature;
  }

  #register({ wallet, sessionKey, expiry }: Action & { kind: 'register' }): void {
    const { status, registrations, rounds } = this.#books;
    if (status !== 'running') throw new Reverted('TaskNotRunning');
    const known = registrations.some((registered) => registered.wallet === wallet);
    const replaced = registrations.map((other) => (other.wallet === wallet ? { ...other, active: false } : other));
    const firstRound = known ? rounds.length + 1 : 0;
    const added = { wallet, sessionKey, expiry, firstRound, active: true };
    this.#books = { ...this.#books, registrations: [...replaced, added] };
  }

  #leave(wallet: number, withdraws: boolean): void {
    const { registrations, rounds } = this.#books;
    const own = registrations.filter((registered) => registered.wallet === wallet);
    if (own.length === 0 || (!withdraws && !own.at(-1)?.active)) throw new Reverted('NotRegistered');
    const live = rounds.at(-1)?.state;
    const inside = live?.roster.some((id) => registrations[id]?.wallet === wallet) ?? false;
    if (withdraws && live && !isOver(live.phase) && inside) throw new Reverted('InUnfinishedRound');
    const left = registrations.map((other) => (other.wallet === wallet ? { ...other, active: false } : other));
    this.#books = { ...this.#books, registrations: left };
  }
}

/** What a digest says to the round machine: a bitmap, a verdict on this candidate (0: on another), or nothing. */
async function valueOf(state: RoundState, phase: RecordPhase, digest: Bytes): Promise<bigint> {
  if (phase === Phase.Ack || phase === Phase.Have) return bytesToBigInt(digest);
  if (phase !== Phase.Vote) return 0n;
  const expected = await voteDigest(state.sumRoot, state.modelHash, Verdict.Abstain);
  const same = toHex(expected.subarray(0, 31)) === toHex(digest.subarray(0, 31));
  return same ? BigInt(digest[31] as number) : 0n;
}
