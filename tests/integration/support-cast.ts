/** A task with four members whose keys the test holds, and what takes a round to any phase. */
import { keccak256 } from 'viem';
import type { AllianceClient } from '../../src/chain/alliance-client.ts';
import { recordSigner, signRegistration } from '../../src/chain/keys.ts';
import { type Bytes, fromHex, type Hex, toHex, uintBytes, utf8 } from '../../src/core/bytes.ts';
import { firstOf } from '../../src/core/bitmap.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase, type RecordPhase, Verdict } from '../../src/protocol/phases.ts';
import { type RecordSigner, voteDigest } from '../../src/protocol/record.ts';
import type { TaskParameters } from '../../src/protocol/views.ts';
import { beaconSignature, type TestChain, walletNumber } from './support-chain.ts';

export const MEMBERS = 4;
const EVERYBODY = [0, 1, 2, 3];

/** Phases so long that no machine is too slow for them. */
export const PARAMETERS: TaskParameters = {
  minCohort: 3,
  maxCohort: MEMBERS,
  trainingRounds: 1,
  corruptBps: 1000,
  survivorFloor: 3,
  joinSeconds: 3600,
  phaseSeconds: 3600,
  beaconSeconds: 3600,
  maxVoids: 3,
  allowListed: true,
  stake: 0n,
  sumBond: 0n,
  pool: 0n,
};

export const SUM: Hex = `0x${'5a'.repeat(32)}`;
export const MODEL: Hex = `0x${'d0'.repeat(32)}`;

export class Cast {
  readonly task: bigint;
  readonly client: AllianceClient;
  readonly #chain: TestChain;
  readonly #signers: readonly RecordSigner[];

  private constructor(chain: TestChain, task: bigint, signers: readonly RecordSigner[]) {
    this.#chain = chain;
    this.client = chain.client;
    this.task = task;
    this.#signers = signers;
  }

  static async gather(chain: TestChain, parameters: TaskParameters = PARAMETERS): Promise<Cast> {
    const { client, domain } = chain;
    const task = await client.createTask(parameters, SUM);
    const wallets = EVERYBODY.map(walletNumber);
    await client.allow(
      task,
      wallets.map(({ address }) => address),
    );
    const signers: RecordSigner[] = [];
    for (const [number, wallet] of wallets.entries()) {
      const signer = recordSigner(uintBytes(50_000n + task * 10n + BigInt(number), 32), domain);
      const request = await requestFor(chain, task, number, signer.address);
      await client.register(request, await signRegistration(wallet, domain, request));
      signers.push(signer);
    }
    return new Cast(chain, task, signers);
  }

  /** The packed record of a member; its index is its number, since all join in order. */
  record(round: number, phase: RecordPhase, index: number, digest: Bytes): Promise<Bytes> {
    return (this.#signers[index] as RecordSigner).sign({ task: this.task, round, group: 0, phase, index, digest });
  }

  records(round: number, phase: RecordPhase, members: readonly number[] = EVERYBODY): Promise<Bytes[]> {
    return Promise.all(
      members.map(async (index) => this.record(round, phase, index, await digestOf(phase, index, round))),
    );
  }

  /** Posts what the members have to say, in one batch. */
  async speak(round: number, phase: RecordPhase, members: readonly number[] = EVERYBODY): Promise<void> {
    const answers = phase === Phase.Unmask ? members.map((index) => answerOf(index, round)) : undefined;
    await this.client.postRecords(this.task, round, phase, await this.records(round, phase, members), answers);
  }

  /** Opens a round and takes it to the phase; everybody speaks in every phase before. */
  async reach(round: number, phase: Phase): Promise<void> {
    await this.client.open(this.task);
    await this.carryOn(round, Phase.Join, phase);
  }

  async carryOn(round: number, from: Phase, to: Phase): Promise<void> {
    for (let phase = from; phase < to; phase++) await this.#pass(round, phase as Phase);
  }

  async #pass(round: number, phase: Phase): Promise<void> {
    const { client, task } = this;
    if (phase === Phase.Beacon) {
      const { beaconRound } = await client.round(task, round);
      return client.postBeacon(task, round, beaconSignature(beaconRound));
    }
    if (phase === Phase.Sum) return client.postSum(task, round, SUM, MODEL);
    await this.speak(round, phase as RecordPhase);
    if (phase === Phase.Join) await this.#chain.mineAt((await client.round(task, round)).joinEndsAt + 1);
  }
}

export function answerOf(index: number, round: number): Bytes {
  return utf8(`answer of ${index} in round ${round}`);
}

export function digestOf(phase: RecordPhase, index: number, round: number): Promise<Bytes> {
  if (phase === Phase.Ack || phase === Phase.Have) return Promise.resolve(uintBytes(firstOf(MEMBERS), 32));
  if (phase === Phase.Unmask) return sha256(answerOf(index, round));
  if (phase === Phase.Vote) return voteDigest(SUM, MODEL, Verdict.Better);
  return Promise.resolve(fromHex(keccak256(utf8(`digest of ${index} in ${phase}`))));
}

export async function requestFor(chain: TestChain, task: bigint, wallet: number, sessionKey: Hex) {
  const { address } = walletNumber(wallet);
  const now = BigInt(await chain.now());
  return {
    task,
    wallet: address,
    sessionKey,
    channelKey: toHex(uintBytes(BigInt(wallet + 1), 32)),
    expiry: now + 1_000_000n,
    nonce: await chain.client.registrationNonce(address),
    deadline: now + 100_000n,
  };
}

/** Somebody else's transaction, which is in a block before this returns. */
export async function somebodyPosts(
  chain: TestChain,
  task: bigint,
  round: number,
  phase: RecordPhase,
  packed: Bytes,
): Promise<void> {
  await chain.send(walletNumber(0).address, 'postRecords', [task, round, 0, phase, toHex(packed)]);
}
