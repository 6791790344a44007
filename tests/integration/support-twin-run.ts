/** One seeded sequence on both sides: the contract on anvil and the model, compared after every action. */
import { expect } from 'vitest';
import { keccak256, parseEventLogs } from 'viem';
import { allianceCoordinatorAbi } from '../../contracts-abi/abi.ts';
import { signRegistration } from '../../src/chain/keys.ts';
import { type Bytes, concatBytes, fromHex, type Hex, toHex, uintBytes } from '../../src/core/bytes.ts';
import { isOver, Phase, phaseName, RECORD_PHASES, stepKind } from '../../src/protocol/phases.ts';
import { corruptBound, shareThreshold } from '../../src/protocol/threshold.ts';
import { ZERO_HASH } from '../../src/protocol/views.ts';
import { BEACON, DEPLOYER, type Sent, type TestChain, walletNumber } from './support-chain.ts';
import { Planner, randomFor, randomParameters } from './support-twin-actions.ts';
import { type Action, type Outcome, TaskModel } from './support-twin-model.ts';

const ACTIONS = 60;
/** After them the task goes to its end without further trouble, in at most so many. */
const CALM_ACTIONS = 120;
const POOR: Hex = `0x${'90'.repeat(20)}`;
export const MOST_WALLETS = 10;

/** What happened at least once; a test that compares nothing but silence would prove nothing. */
export class Tally {
  readonly #seen = new Map<string, number>();

  add(what: string): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
  }

  get seen(): readonly string[] {
    return [...this.#seen.keys()].sort();
  }

  count(what: string): number {
    return this.#seen.get(what) ?? 0;
  }
}

/** @throws when the two sides differ, with the seed and the actions that led there */
export async function runSequence(chain: TestChain, seed: number, tally: Tally): Promise<void> {
  const random = await randomFor(seed);
  const wallets = 3 + random.below(MOST_WALLETS - 2);
  const parameters = randomParameters(random, wallets);
  const task = await chain.client.createTask(parameters, toHex(uintBytes(seed + 1, 32)));
  const model = new TaskModel(parameters, BEACON);
  const planner = new Planner(random, seed, model, chain.domain, task);
  const sequence = new Sequence(chain, task, model, tally);
  let now = await chain.now();
  if (parameters.allowListed) {
    const allowed = Array.from({ length: wallets }, (_, wallet) => walletNumber(wallet).address);
    await chain.send(DEPLOYER.address, 'allow', [task, allowed], now);
  }
  try {
    for (let wallet = 0; wallet < wallets; wallet++) await sequence.act(planner.register(wallet, now), now);
    for (let count = 0; count < ACTIONS + CALM_ACTIONS; count++) {
      if (count === ACTIONS) {
        planner.calm = true;
        // Everybody is there for long, so that there is a cohort to end with.
        for (let wallet = 0; wallet < wallets; wallet++) await sequence.act(planner.register(wallet, now), now);
      }
      if (planner.calm && model.books.status !== 'running') break;
      const { action, atSeconds } = await planner.next(now);
      await sequence.act(action, atSeconds);
      now = atSeconds;
    }
    await sequence.finish();
  } catch (error) {
    const log = sequence.trace.slice(-15).join('\n');
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n${log}`, {
      cause: error,
    });
  }
}

class Sequence {
  readonly trace: string[] = [];
  readonly #chain: TestChain;
  readonly #task: bigint;
  readonly #model: TaskModel;
  readonly #tally: Tally;

  constructor(chain: TestChain, task: bigint, model: TaskModel, tally: Tally) {
    this.#chain = chain;
    this.#task = task;
    this.#model = model;
    this.#tally = tally;
  }

  async act(action: Action, atSeconds: number): Promise<void> {
    const before = this.#model.books.rounds.length;
    this.trace.push(`${atSeconds}: ${JSON.stringify(action, shorten)}`);
    const sent = await this.#send(action, atSeconds);
    const outcome = await this.#model.apply(action, atSeconds);
    if (sent) await this.#agreeOnOutcome(sent, outcome);
    const rounds = this.#model.books.rounds.length;
    await Promise.all([
      this.#agreeOnTask(atSeconds),
      rounds > 0 && this.#agreeOnRound(rounds, atSeconds),
      // What a new round overwrites (the matrices of bitmaps) must not be missed in the one before.
      rounds > before && before > 0 && this.#agreeOnRound(before, atSeconds),
      action.kind === 'records' && action.phase === Phase.Join && this.#agreeOnRoster(rounds),
    ]);
  }

  /** What is only worth asking once: every earlier round, members, events against the running hash. */
  async finish(): Promise<void> {
    const { books, parameters } = this.#model;
    const nowSeconds = await this.#chain.now();
    this.#tally.add(books.status);
    for (const [i, log] of books.rounds.entries()) {
      const { state } = log;
      await this.#agreeOnRound(i + 1, nowSeconds);
      await this.#agreeOnRoster(i + 1);
      if (state.phase === Phase.Settled) await this.#agreeOnEvents(i + 1);
      if (state.phase === Phase.Void) this.#tally.add(`void ${state.voidReason}`);
      if (state.phase === Phase.Settled) {
        this.#tally.add(
          `${stepKind(state.step, parameters.trainingRounds)} ${state.accepted ? 'accepted' : 'rejected'}`,
        );
      }
    }
  }

  async #agreeOnEvents(number: number): Promise<void> {
    const log = this.#model.books.rounds[number - 1];
    for (const phase of RECORD_PHASES) {
      const digests = await this.#chain.client.digests(this.#task, number, phase);
      expect(digests, `${phaseName(phase)} digests of round ${number}`).toEqual(log?.digests.get(phase));
    }
    expect(await this.#chain.client.answers(this.#task, number)).toEqual(log?.answers);
  }

  async #agreeOnOutcome(sent: Sent, { reverted, skipped }: Outcome): Promise<void> {
    const name = sent.reverted ? await this.#chain.revertName(sent.hash) : undefined;
    expect(name, 'revert').toBe(reverted);
    if (reverted !== undefined) this.#tally.add(`revert ${reverted}`);
    const logs = parseEventLogs({ abi: allianceCoordinatorAbi, eventName: 'RecordSkipped', logs: [...sent.logs] });
    expect(
      logs.map(({ args }) => [args.index, args.reason]),
      'skipped records',
    ).toEqual(skipped);
    for (const [, reason] of skipped) this.#tally.add(`skip ${reason}`);
  }

  async #agreeOnTask(atSeconds: number): Promise<void> {
    const { status, step, voids, modelHash, rounds, registrations } = this.#model.books;
    const view = await this.#chain.client.task(this.#task);
    expect(
      {
        status: view.status,
        step: view.step,
        voids: view.consecutiveVoids,
        modelHash: view.modelHash,
        rounds: view.round,
        registrations: view.registrations,
      },
      `task at ${atSeconds}`,
    ).toEqual({ status, step, voids, modelHash, rounds: rounds.length, registrations: registrations.length });
  }

  async #agreeOnRound(number: number, atSeconds: number): Promise<void> {
    const state = this.#model.view(number, atSeconds);
    const view = await this.#chain.client.round(this.#task, number);
    if (!state) throw new Error(`the model has no round ${number}`);
    this.#tally.add(phaseName(state.phase));
    const { roster, acks: _acks, haves: _haves, verdicts: _verdicts, phaseEndsAt, ...same } = state;
    const { openedAtBlock: _block, ...seen } = view;
    const { corruptBps } = this.#model.parameters;
    expect(seen, `round ${number} at ${atSeconds}`).toEqual({
      ...same,
      task: this.#task,
      round: number,
      // The end of a round has no end of its own.
      phaseEndsAt: isOver(state.phase) ? 0 : phaseEndsAt,
      joinEndsAt: this.#model.books.rounds[number - 1]?.joinEndsAt,
      n: roster.length,
      rosterHash: this.#rosterHash(number),
      corrupt: corruptBound(roster.length, corruptBps),
      threshold: shareThreshold(roster.length, corruptBps),
    });
  }

  #rosterHash(number: number): Hex {
    const log = this.#model.books.rounds[number - 1];
    const joins = log?.digests.get(Phase.Join);
    const ids = log?.state.roster ?? [];
    return ids.reduce(
      (hash, id) => keccak256(concatBytes(fromHex(hash), uintBytes(id, 2), joins?.get(id) as Bytes)),
      ZERO_HASH,
    );
  }

  async #agreeOnRoster(number: number): Promise<void> {
    const { rounds, registrations } = this.#model.books;
    const ids = rounds[number - 1]?.state.roster;
    if (!ids) return;
    const members = await this.#chain.client.roster(this.#task, number);
    expect(members.map(({ registrationId, sessionKey }) => [registrationId, sessionKey])).toEqual(
      ids.map((id) => [id, registrations[id]?.sessionKey]),
    );
  }

  async #send(action: Action, atSeconds: number): Promise<Sent | undefined> {
    const chain = this.#chain;
    const task = this.#task;
    const anybody = DEPLOYER.address;
    switch (action.kind) {
      case 'wait':
        await chain.mineAt(atSeconds);
        return undefined;
      case 'open':
      case 'sync':
        return chain.send(anybody, action.kind, [task], atSeconds);
      case 'records': {
        const { round, group, phase, entries, answers, tail } = action;
        const packed = toHex(concatBytes(...entries.map((entry) => entry.packed), tail));
        return answers
          ? chain.send(anybody, 'postUnmask', [task, round, group, packed, answers.map(toHex)], atSeconds)
          : chain.send(anybody, 'postRecords', [task, round, group, phase, packed], atSeconds);
      }
      case 'beacon':
      case 'early': {
        const call = action.kind === 'beacon' ? 'postBeacon' : 'reportEarlyBeacon';
        return chain.send(anybody, call, [task, action.round, toHex(action.signature)], atSeconds);
      }
      case 'sum': {
        const { round, poor, sumRoot, modelHash } = action;
        return chain.send(poor ? POOR : anybody, 'postSum', [task, round, sumRoot, modelHash], atSeconds);
      }
      case 'register': {
        const wallet = walletNumber(action.wallet);
        const request = {
          task,
          wallet: wallet.address,
          sessionKey: action.sessionKey,
          channelKey: toHex(uintBytes(1n, 32)),
          expiry: BigInt(action.expiry),
          nonce: await chain.client.registrationNonce(wallet.address),
          deadline: BigInt(atSeconds),
        };
        const signature = await signRegistration(wallet, chain.domain, request);
        return chain.send(anybody, 'register', [request, signature], atSeconds);
      }
      case 'abandon':
        return chain.send(action.stranger ? POOR : anybody, 'abandon', [task], atSeconds);
      case 'revoke':
      case 'withdraw':
        return chain.send(walletNumber(action.wallet).address, action.kind, [task], atSeconds);
    }
  }
}

/** Bytes as hex and bigints as text, for people who read the trace. */
function shorten(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length > 40 ? `${value.length} bytes` : toHex(value as never);
  return typeof value === 'bigint' ? `${value}` : value;
}
