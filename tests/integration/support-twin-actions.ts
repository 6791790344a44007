/** Seeded actions on a task: mostly what carries a round on, in random portions, and now and then what a wrongdoer would send. */
import { type Bytes, concatBytes, type Hex, toHex, uintBytes, utf8 } from '../../src/core/bytes.ts';
import { firstOf, members, withIndex } from '../../src/core/bitmap.ts';
import { sha256 } from '../../src/core/hash.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { recordSigner } from '../../src/chain/keys.ts';
import { isOver, Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import {
  type AllianceRecord,
  packRecord,
  type RecordDomain,
  type RecordSigner,
  voteDigest,
} from '../../src/protocol/record.ts';
import { expected, type RoundState } from '../../src/protocol/round.ts';
import type { TaskParameters } from '../../src/protocol/views.ts';
import type { Action, Entry, TaskModel } from './support-twin-model.ts';
import { beaconSignature } from './support-chain.ts';

export interface Planned {
  readonly action: Action;
  readonly atSeconds: number;
}

type Records = Action & { kind: 'records' };

/** How a sequence behaves, as shares of its actions or of the members of a phase. */
interface Temper {
  readonly mischief: number;
  readonly silence: number;
  /** jumps to deadlines and beyond */
  readonly haste: number;
  /** share of ones in ack and have bitmaps */
  readonly reach: number;
}

type Mood = readonly (1 | 2 | 3 | 4)[];
/** What the members of a round vote; nobody votes in the last. */
const MOODS: readonly Mood[] = [[3], [3, 3, 2], [1], [1, 1, 2], [1, 2, 3], [1, 2, 3, 4], [4], []];
const CALM_MOODS: readonly Mood[] = [[3], [1], [2], [1, 3]];
/** Its bit is beyond every roster of the tests. */
const BEYOND = [12, 127, 128, 200, 255];

export async function randomFor(seed: number): Promise<SeededRandom> {
  return new SeededRandom(await sha256(utf8(`twin/${seed}`)));
}

export function randomParameters(random: SeededRandom, wallets: number): TaskParameters {
  const minCohort = 3 + random.below(Math.max(1, wallets - 3));
  const allowListed = random.below(2) === 0;
  return {
    minCohort,
    maxCohort: Math.max(minCohort, wallets - random.below(3)),
    trainingRounds: 1 + random.below(2),
    corruptBps: pick(random, [0, 1000, 1000, 2500, 5000, random.below(5001)]),
    survivorFloor: random.below(minCohort + 1),
    joinSeconds: 5 + random.below(60),
    phaseSeconds: 5 + random.below(60),
    beaconSeconds: 10 + random.below(60),
    maxVoids: 2 + random.below(4),
    allowListed,
    stake: allowListed ? 0n : 7n * 10n ** 18n,
    sumBond: allowListed ? 0n : 5n * 10n ** 18n,
    pool: 0n,
  };
}

export class Planner {
  /** no more mischief, and nobody silent: the task gets to its end */
  calm = false;
  readonly #random: SeededRandom;
  readonly #model: TaskModel;
  readonly #domain: RecordDomain;
  readonly #task: bigint;
  readonly #seed: number;
  readonly #signers = new Map<Hex, RecordSigner>();
  readonly #temper: Temper;
  #keys = 0;

  constructor(random: SeededRandom, seed: number, model: TaskModel, domain: RecordDomain, task: bigint) {
    this.#random = random;
    this.#seed = seed;
    this.#model = model;
    this.#domain = domain;
    this.#task = task;
    this.#temper = {
      mischief: pick(random, [0.05, 0.15, 0.3]),
      silence: pick(random, [0, 0, 0.03, 0.15]),
      haste: pick(random, [0.02, 0.08, 0.25]),
      reach: pick(random, [1, 1, 0.98, 0.9]),
    };
  }

  /** @param nowSeconds time of the newest block */
  async next(nowSeconds: number): Promise<Planned> {
    const number = this.#model.books.rounds.length;
    const live = this.#model.view(number, nowSeconds);
    const atSeconds = this.#time(live, nowSeconds);
    const state = this.#model.view(number, atSeconds);
    if (!this.calm && this.#chance(this.#temper.mischief)) {
      return { action: await this.#mischief(number, state), atSeconds };
    }
    const action = await this.#useful(number, state);
    if (action) return { action, atSeconds };
    // Everybody spoke who will: only time goes on. The second of the deadline is still part of the phase.
    const endsAt = (state as RoundState).phaseEndsAt;
    return { action: { kind: pick(this.#random, ['wait', 'sync']) }, atSeconds: endsAt + this.#random.below(2) };
  }

  /** A registration under a fresh key; a few of the keys expire soon. */
  register(wallet: number, nowSeconds: number): Action & { kind: 'register' } {
    const signer = recordSigner(uintBytes((this.#seed + 1) * 10_000 + ++this.#keys, 32), this.#domain);
    this.#signers.set(signer.address, signer);
    const soon = !this.calm && this.#chance(0.1);
    return {
      kind: 'register',
      wallet,
      sessionKey: signer.address,
      expiry: nowSeconds + (soon ? 100 + this.#random.below(400) : 10_000_000),
    };
  }

  #chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  #time(live: RoundState | undefined, nowSeconds: number): number {
    const random = this.#random;
    const soon = nowSeconds + pick(random, [0, 0, 1, 2]);
    if (!live || isOver(live.phase) || this.calm || !this.#chance(this.#temper.haste)) return soon;
    const { phaseEndsAt } = live;
    const { phaseSeconds } = this.#model.parameters;
    const far = phaseEndsAt + 1 + random.below(4 * phaseSeconds);
    return Math.max(nowSeconds, pick(random, [phaseEndsAt, phaseEndsAt, phaseEndsAt + 1, phaseEndsAt - 1, far]));
  }

  async #useful(number: number, state: RoundState | undefined): Promise<Action | undefined> {
    if (!state || isOver(state.phase)) return { kind: this.#chance(0.9) ? 'open' : 'sync' };
    const { parameters, books } = this.#model;
    if (state.phase === Phase.Beacon) {
      if (!this.calm && this.#chance(this.#temper.silence / 3)) return undefined;
      return this.#beacon('beacon', number, state.beaconRound);
    }
    if (state.phase === Phase.Sum) {
      if (!this.calm && this.#chance(0.08)) return undefined;
      return this.#sum(number, !this.calm && this.#chance(0.3));
    }
    const phase = state.phase as RecordPhase;
    const waiting =
      phase === Phase.Join
        ? [...books.registrations.keys()].filter((id) => !state.roster.includes(id) && this.#mayJoin(number, id))
        : members(expected(state) & ~spoken(state));
    const slots = waiting.filter((slot) => this.#speaks(number, phase, slot));
    const full = phase === Phase.Join && state.roster.length >= parameters.maxCohort;
    if (slots.length === 0 || (full && (this.calm || this.#chance(0.7)))) return undefined;
    const now = this.calm || this.#chance(0.5) ? slots : slots.filter(() => this.#chance(0.5));
    return this.#records(number, phase, state, now.length > 0 ? now : slots.slice(0, 1));
  }

  #mayJoin(number: number, id: number): boolean {
    const registered = this.#model.books.registrations[id];
    return registered !== undefined && registered.active && registered.firstRound <= number;
  }

  /** Whether a slot's owner takes part in a phase at all; the same answer each time it is asked. */
  #speaks(number: number, phase: number, slot: number): boolean {
    if (phase === Phase.Vote && this.#mood(number).length === 0) return false;
    return this.calm || this.#mixed(number, phase, slot) >= this.#temper.silence;
  }

  #mood(number: number): Mood {
    const moods = this.calm ? CALM_MOODS : MOODS;
    return moods[Math.floor(this.#mixed(number, 0, 0) * moods.length)] as Mood;
  }

  /** In [0, 1), always the same for the same arguments. */
  #mixed(number: number, phase: number, slot: number): number {
    const mixed = Math.imul(this.#seed * 7919 + number * 131 + phase * 17 + slot + 1, 0x9e3779b1) >>> 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  async #records(number: number, phase: RecordPhase, state: RoundState, slots: readonly number[]): Promise<Records> {
    const entries: Entry[] = [];
    const answers: Bytes[] = [];
    for (const slot of slots) {
      const answer = phase === Phase.Unmask ? this.#bytes(16 + this.#random.below(200)) : undefined;
      if (answer) answers.push(answer);
      const digest = answer ? await sha256(answer) : await this.#digest(number, phase, state);
      entries.push(await this.#entry(number, phase, slot, digest, this.#owner(phase, slot, state)));
    }
    const order = [...this.#random.permutation(entries.length)];
    return {
      kind: 'records',
      round: number,
      group: 0,
      phase,
      entries: order.map((i) => entries[i] as Entry),
      answers: phase === Phase.Unmask ? order.map((i) => answers[i] as Bytes) : undefined,
      tail: new Uint8Array(0),
    };
  }

  async #digest(number: number, phase: RecordPhase, state: RoundState): Promise<Bytes> {
    const n = state.roster.length;
    if (phase === Phase.Vote) {
      const mood = this.#mood(number);
      const verdict = mood.length > 0 ? pick(this.#random, mood) : 2;
      return voteDigest(state.sumRoot, state.modelHash, verdict);
    }
    if (phase !== Phase.Ack && phase !== Phase.Have) return this.#bytes(32);
    const reach = this.calm ? 1 : this.#temper.reach;
    return uintBytes(
      members(firstOf(n)).reduce((map, index) => (this.#chance(reach) ? withIndex(map, index) : map), 0n),
      32,
    );
  }

  /** The key that speaks for a slot; none for a slot that nobody has. */
  #owner(phase: number, slot: number, state: RoundState | undefined): Hex | undefined {
    const id = phase === Phase.Join ? slot : state?.roster[slot];
    return id === undefined ? undefined : this.#model.books.registrations[id]?.sessionKey;
  }

  /** @param as what the signature says instead of the truth */
  async #entry(
    round: number,
    phase: number,
    index: number,
    digest: Bytes,
    key: Hex | undefined,
    as: Partial<AllianceRecord> = {},
  ): Promise<Entry> {
    const truth: AllianceRecord = { task: this.#task, round, group: 0, phase: phase as RecordPhase, index, digest };
    const signer = this.#signers.get(key ?? (pick(this.#random, [...this.#signers.keys()]) as Hex)) as RecordSigner;
    const signature = (await signer.sign({ ...truth, ...as })).subarray(34);
    const honest = Object.keys(as).length === 0;
    return { index, digest, packed: packRecord(index, digest, signature), signer: honest ? signer.address : undefined };
  }

  #beacon(kind: 'beacon' | 'early', round: number, signs: bigint): Action {
    return { kind, round, signs, signature: beaconSignature(signs) };
  }

  #sum(round: number, poor: boolean): Action {
    return { kind: 'sum', round, poor, sumRoot: toHex(this.#bytes(32)), modelHash: toHex(this.#bytes(32)) };
  }

  async #mischief(number: number, state: RoundState | undefined): Promise<Action> {
    const random = this.#random;
    const wallets = Math.max(...this.#model.books.registrations.map(({ wallet }) => wallet)) + 1;
    const beaconRound = state?.beaconRound ?? 1n;
    const before = Math.max(0, number - random.below(2));
    switch (random.below(14)) {
      case 0:
        if (this.#chance(0.1)) return { kind: 'abandon', stranger: this.#chance(0.7) };
        return { kind: pick(random, ['open', 'sync', 'wait']) };
      case 1:
        return this.#sum(before, this.#chance(0.5));
      case 2:
        return this.#beacon('beacon', before, beaconRound + BigInt(random.below(2)));
      case 3:
        // Rarely the true one: it ends the round.
        return this.#beacon('early', number, beaconRound + (this.#chance(0.4) ? 0n : 1n));
      case 4:
        return { kind: pick(random, ['revoke', 'withdraw']), wallet: random.below(wallets) };
      case 5:
        return this.register(random.below(wallets), (state?.phaseEndsAt ?? 0) + 2_000_000_000);
      default:
        return this.#badBatch(number, state);
    }
  }

  /** Good and bad records together, of a phase that is mostly the right one. */
  async #badBatch(number: number, state: RoundState | undefined): Promise<Records> {
    const random = this.#random;
    const current = state && state.phase < Phase.Settled ? state.phase : Phase.Join;
    const phase = this.#chance(0.75) ? current : random.below(12);
    const round = this.#chance(0.85) ? number : number + random.below(3) - 1;
    const n = state?.roster.length ?? 0;
    const entries: Entry[] = [];
    const answers: Bytes[] = [];
    for (let left = 1 + random.below(5); left > 0; left--) {
      const slot = pick(random, [random.below(n + 1), random.below(n + 1), random.below(12), 255, 65_535]);
      const answer = this.#bytes(8);
      answers.push(this.#chance(0.3) ? this.#bytes(8) : answer);
      const digest = phase === Phase.Unmask ? await sha256(answer) : await this.#badDigest(number, phase, state);
      const as: Partial<AllianceRecord>[] = [
        {},
        {},
        {},
        { round: number + 1 },
        { task: this.#task + 1n },
        { group: 1 },
        { index: slot ^ 1 },
        { phase: phase === Phase.Share ? Phase.Mask : Phase.Share },
        { digest: this.#bytes(32) },
      ];
      const key = this.#chance(0.8) ? this.#owner(phase, slot, state) : undefined;
      const entry = await this.#entry(Math.max(0, round), phase, slot, digest, key, pick(random, as));
      const junk = concatBytes(entry.packed.subarray(0, 34), this.#bytes(64));
      entries.push(this.#chance(0.1) ? { ...entry, packed: junk, signer: undefined } : entry);
      if (this.#chance(0.2)) {
        entries.push(entries.at(-1) as Entry);
        answers.push(answers.at(-1) as Bytes);
      }
    }
    const answered = phase === Phase.Unmask && this.#chance(0.8);
    return {
      kind: 'records',
      round: Math.max(0, round),
      group: this.#chance(0.04) ? 1 : 0,
      phase,
      entries,
      answers: answered ? (this.#chance(0.1) ? answers.slice(1) : answers) : undefined,
      tail: this.#bytes(this.#chance(0.04) ? 1 + random.below(97) : 0),
    };
  }

  async #badDigest(number: number, phase: number, state: RoundState | undefined): Promise<Bytes> {
    const random = this.#random;
    if (!state || this.#chance(0.4)) return this.#digest(number, (phase || 1) as RecordPhase, state ?? EMPTY);
    const digest = await this.#digest(number, phase as RecordPhase, state);
    if (phase === Phase.Vote) {
      if (this.#chance(0.5)) digest[31] = pick(random, [0, 5, 33, 255]);
      else digest[random.below(31)] = this.#bytes(1)[0] as number;
      return digest;
    }
    if (phase !== Phase.Ack && phase !== Phase.Have) return digest;
    const bit = pick(random, [state.roster.length, ...BEYOND]);
    return uintBytes(withIndex(BigInt(toHex(digest)), bit), 32);
  }

  #bytes(length: number): Bytes {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }
}

const EMPTY = { roster: [] as readonly number[] } as RoundState;

function spoken(state: RoundState): bigint {
  const { dealt, acked, masked, attested, answered, voted } = state;
  return [0n, 0n, 0n, dealt, acked, masked, attested, answered, 0n, voted][state.phase] ?? 0n;
}

function pick<const T>(random: SeededRandom, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}
