/**
 * What a record costs on chain: receipts of real transactions on anvil, batches of 4 and of 100, in the second round of a task,
 * when storage that rounds share is in use. Base gas, calldata and the end of the phase are in it.
 */
import { createPublicClient, createTestClient, createWalletClient, encodeFunctionData, http, maxUint256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { allianceCoordinatorAbi as abi } from '../contracts-abi/abi.ts';
import { ANVIL_KEY, startAnvil } from '../node/anvil.ts';
import { deploy } from '../node/deploy.ts';
import { beaconPublicKey, signBeaconRound } from '../node/local-beacon.ts';
import { AllianceClient } from '../src/chain/alliance-client.ts';
import { recordSigner, sessionAddress, signRegistration } from '../src/chain/keys.ts';
import { type Bitmap, firstOf, members, without } from '../src/core/bitmap.ts';
import { type Bytes, concatBytes, type Hex, toHex, uintBytes, utf8 } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { Phase, phaseName, type RecordPhase, Verdict } from '../src/protocol/phases.ts';
import { type RecordSigner, voteDigest } from '../src/protocol/record.ts';
import { ZERO_HASH } from '../src/protocol/views.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';

const GOAL_GAS = 12_000;
const MEASURED = [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;
const BEACON_SECRET = uintBytes(1n, 32);
const POLLING_MS = 20;
const GAS_LIMIT = 16_000_000n;
/** Rosters up to here put their unmask answers into calldata. */
const MAX_ANSWERS = 16;

type Costs = ReadonlyMap<RecordPhase, number>;

export async function run({ progress }: Pick<BenchContext, 'progress'>): Promise<readonly Figure[]> {
  const anvil = await startAnvil();
  try {
    const coordinator = await deployCoordinator(anvil.rpcUrl);
    progress('gas: 4 members');
    const small = await measure(anvil.rpcUrl, coordinator, 4);
    progress('gas: 100 members');
    const large = await measure(anvil.rpcUrl, coordinator, 100);
    return [
      figure({
        id: 'gas.record4',
        value: worst(small),
        unit: 'gas',
        // No goal; JSON has null for it.
        goal: Number.POSITIVE_INFINITY,
        better: 'lower',
        note: `a record in a batch of 4, worst phase but join; ${describe(small)}`,
      }),
      figure({
        id: 'gas.record100',
        value: worst(large),
        unit: 'gas',
        goal: GOAL_GAS,
        better: 'lower',
        note: `a record in a batch of 100 when every word of the matrices changes, worst phase but join; ${describe(large)}`,
      }),
    ];
  } finally {
    await anvil.stop();
  }
}

const worst = (costs: Costs): number => Math.max(...MEASURED.map((phase) => costs.get(phase) as number));
const describe = (costs: Costs): string => [...costs].map(([phase, gas]) => `${phaseName(phase)} ${gas}`).join(', ');

async function deployCoordinator(rpcUrl: string): Promise<Hex> {
  const account = privateKeyToAccount(ANVIL_KEY);
  const beacon = { publicKey: beaconPublicKey(BEACON_SECRET), genesis: 1n, periodSeconds: 1, delaySeconds: 0 };
  const parameters = { beacon, genesis: [], treasury: account.address };
  return (await deploy({ rpcUrl, account, parameters, pollingIntervalMs: POLLING_MS })).coordinator;
}

/** Gas a record by phase, rounded up, in the second round of a task of n members. */
async function measure(rpcUrl: string, coordinator: Hex, n: number): Promise<Costs> {
  const cohort = await Cohort.register(rpcUrl, coordinator, n);
  await cohort.play(firstOf(n));
  // From the second round on member 0 is in nobody's ack, so that every word of the matrices changes. Four need all four.
  return cohort.play(n === 4 ? firstOf(n) : without(firstOf(n), 0));
}

/** A task with n members that do everything in batches. */
class Cohort {
  readonly #n: number;
  readonly #rpcUrl: string;
  readonly #client: AllianceClient;
  readonly #signers: readonly RecordSigner[];
  #task = 0n;

  private constructor(rpcUrl: string, coordinator: Hex, n: number) {
    this.#n = n;
    this.#rpcUrl = rpcUrl;
    this.#client = new AllianceClient({
      domain: { chainId: foundry.id, coordinator },
      transport: http(rpcUrl),
      account: privateKeyToAccount(ANVIL_KEY),
      pollingIntervalMs: POLLING_MS,
    });
    this.#signers = Array.from({ length: n }, (_, i) => recordSigner(sessionSecret(i), this.#client.domain));
  }

  static async register(rpcUrl: string, coordinator: Hex, n: number): Promise<Cohort> {
    const cohort = new Cohort(rpcUrl, coordinator, n);
    const client = cohort.#client;
    const money = { stake: 0n, sumBond: 0n, pool: 0n };
    const time = { joinSeconds: 3600, phaseSeconds: 3600, beaconSeconds: 3600 };
    const size = { minCohort: 3, maxCohort: 128, survivorFloor: 3, corruptBps: 2500 };
    const parameters = { ...money, ...time, ...size, trainingRounds: 3, maxVoids: 10, allowListed: false };
    cohort.#task = await client.createTask(parameters, toHex(uintBytes(n, 32)));
    for (let i = 0; i < n; i++) {
      const wallet = privateKeyToAccount(toHex(uintBytes(1_000 + i, 32)));
      const request = {
        task: cohort.#task,
        wallet: wallet.address,
        sessionKey: sessionAddress(sessionSecret(i)),
        channelKey: toHex(uintBytes(i + 1, 32)),
        expiry: 2n ** 40n,
        nonce: await client.registrationNonce(wallet.address),
        deadline: maxUint256,
      };
      await client.register(request, await signRegistration(wallet, client.domain, request));
    }
    return cohort;
  }

  /** One round to its settlement. @param acknowledged members in everybody's ack: those that go on after it */
  async play(acknowledged: Bitmap): Promise<Costs> {
    const costs = new Map<RecordPhase, number>();
    const everybody = firstOf(this.#n);
    await this.#client.open(this.#task);
    const { round } = await this.#client.task(this.#task);
    const post = async (phase: RecordPhase, who: Bitmap, digest: Bytes): Promise<void> => {
      costs.set(phase, await this.#post(round, phase, who, digest));
    };
    /** Another one each round. */
    const digest = (name: string): Promise<Bytes> => sha256(utf8(`${name} ${this.#task} ${round}`));

    await post(Phase.Join, everybody, await digest('join'));
    const { joinEndsAt, beaconRound } = await this.#client.round(this.#task, round);
    const chain = createTestClient({ mode: 'anvil', chain: foundry, transport: http(this.#rpcUrl) });
    await chain.setNextBlockTimestamp({ timestamp: BigInt(joinEndsAt) + 2n });
    await this.#client.postBeacon(this.#task, round, signBeaconRound(BEACON_SECRET, beaconRound));
    await post(Phase.Share, everybody, await digest('share'));
    await post(Phase.Ack, everybody, uintBytes(acknowledged, 32));
    await post(Phase.Mask, acknowledged, await digest('mask'));
    await post(Phase.Have, acknowledged, uintBytes(acknowledged, 32));
    await post(Phase.Unmask, acknowledged, await digest('answer'));
    await this.#client.postSum(this.#task, round, ZERO_HASH, ZERO_HASH);
    await post(Phase.Vote, acknowledged, await voteDigest(ZERO_HASH, ZERO_HASH, Verdict.Abstain));
    const { phase } = await this.#client.round(this.#task, round);
    if (phase !== Phase.Settled) throw new MurmurError('internal', `the measured round ended ${phaseName(phase)}`);
    return costs;
  }

  /** Posts everybody's record in one batch; gas a record. */
  async #post(round: number, phase: RecordPhase, who: Bitmap, digest: Bytes): Promise<number> {
    const indices = members(who);
    const answered = phase === Phase.Unmask && this.#n <= MAX_ANSWERS;
    // What an answer holds: two bitmaps, and 48 bytes a member of U2.
    const answer = new Uint8Array(64 + 48 * indices.length).fill(7);
    const said = answered ? await sha256(answer) : digest;
    const signed = indices.map((index) => {
      const record = { task: this.#task, round, group: 0, phase, index, digest: said };
      return (this.#signers[index] as RecordSigner).sign(record);
    });
    const records = toHex(concatBytes(...(await Promise.all(signed))));
    const answers = indices.map(() => toHex(answer));
    const data = answered
      ? encodeFunctionData({ abi, functionName: 'postUnmask', args: [this.#task, round, 0, records, answers] })
      : encodeFunctionData({ abi, functionName: 'postRecords', args: [this.#task, round, 0, phase, records] });
    return Math.ceil(Number(await this.#gasOf(data)) / indices.length);
  }

  /** Sends a transaction and says what it used. */
  async #gasOf(data: Hex): Promise<bigint> {
    const transport = http(this.#rpcUrl);
    const writer = createWalletClient({ account: privateKeyToAccount(ANVIL_KEY), chain: foundry, transport });
    const hash = await writer.sendTransaction({ to: this.#client.domain.coordinator, data, gas: GAS_LIMIT });
    const reader = createPublicClient({ chain: foundry, transport, pollingInterval: POLLING_MS });
    const { gasUsed, status } = await reader.waitForTransactionReceipt({ hash });
    if (status !== 'success') throw new MurmurError('internal', 'a batch of records was reverted');
    return gasUsed;
  }
}

function sessionSecret(member: number): Bytes {
  return uintBytes(5_000 + member, 32);
}
