/**
 * What a record costs on chain: receipts of real transactions on anvil, batches of 4 and of 100, in the second round of a task
 * (storage that rounds share is then in use). Base gas, calldata and the end of the phase are in it.
 */
import {
  type Account,
  concat,
  createPublicClient,
  createTestClient,
  createWalletClient,
  type Hex,
  hexToBytes,
  http,
  keccak256,
  maxUint256,
  numberToHex,
  type PrivateKeyAccount,
  serializeCompactSignature,
  signatureToCompactSignature,
  parseSignature,
  sha256,
  stringToHex,
  toHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { allianceCoordinatorAbi } from '../contracts-abi/abi.ts';
import { ANVIL_KEY, startAnvil } from '../node/anvil.ts';
import { deploy } from '../node/deploy.ts';
import { beaconPublicKey, signBeaconRound } from '../node/local-beacon.ts';
import { Phase, phaseName, type RecordPhase } from '../src/protocol/phases.ts';
import { RECORD_TYPES, recordDomain, REGISTRATION_TYPES } from '../src/protocol/record.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';

const GOAL_GAS = 12_000;
const SECRET = hexToBytes(keccak256(stringToHex('bench beacon')));
const MEASURED = [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;
const SUM = keccak256(stringToHex('sum'));
const MODEL = keccak256(stringToHex('model'));

type Costs = ReadonlyMap<RecordPhase, number>;

export async function run({ progress }: Pick<BenchContext, 'progress'>): Promise<readonly Figure[]> {
  const anvil = await startAnvil();
  try {
    const small = await measure(anvil.rpcUrl, 4, progress);
    const large = await measure(anvil.rpcUrl, 100, progress);
    return [
      figure({
        id: 'gas.record4',
        value: worst(small),
        unit: 'gas',
        // No goal: JSON has null for it.
        goal: Number.POSITIVE_INFINITY,
        better: 'lower',
        note: `a record in a batch of 4, the worst phase; ${describe(small)}`,
      }),
      figure({
        id: 'gas.record100',
        value: worst(large),
        unit: 'gas',
        goal: GOAL_GAS,
        better: 'lower',
        note: `a record in a batch of 100, the worst phase but join; ${describe(large)}`,
      }),
    ];
  } finally {
    await anvil.stop();
  }
}

const worst = (costs: Costs): number => Math.max(...MEASURED.map((phase) => costs.get(phase) as number));
const describe = (costs: Costs): string => [...costs].map(([phase, gas]) => `${phaseName(phase)} ${gas}`).join(', ');

/** Gas a record by phase, rounded up, in the second round of a task of n members. */
async function measure(rpcUrl: string, n: number, progress: (text: string) => void): Promise<Costs> {
  progress(`gas: ${n} members`);
  const task = await Bench.create(rpcUrl, n);
  await task.round(firstMembers(n), firstMembers(n));
  // One member fewer is acknowledged than in the first round, so that every word of the matrices changes.
  return task.round(firstMembers(n), n === 4 ? firstMembers(n) : firstMembers(n) & ~1n);
}

const firstMembers = (n: number): bigint => (1n << BigInt(n)) - 1n;

class Bench {
  readonly #n: number;
  readonly #sessions: readonly PrivateKeyAccount[];
  readonly #coordinator: Hex;
  readonly #account: Account;
  readonly #rpcUrl: string;
  #task = 0n;

  private constructor(rpcUrl: string, coordinator: Hex, n: number) {
    this.#rpcUrl = rpcUrl;
    this.#n = n;
    this.#coordinator = coordinator;
    this.#account = privateKeyToAccount(ANVIL_KEY);
    this.#sessions = Array.from({ length: n }, (_, i) => privateKeyToAccount(numberToHex(5000 + i, { size: 32 })));
  }

  get #reader() {
    return createPublicClient({ chain: foundry, transport: http(this.#rpcUrl), pollingInterval: 20 });
  }

  static async create(rpcUrl: string, n: number): Promise<Bench> {
    const account = privateKeyToAccount(ANVIL_KEY);
    const { coordinator } = await deploy({
      rpcUrl,
      account,
      pollingIntervalMs: 20,
      parameters: {
        beacon: { publicKey: beaconPublicKey(SECRET), genesis: 1n, periodSeconds: 1, delaySeconds: 0 },
        genesis: [],
        treasury: account.address,
      },
    });
    const bench = new Bench(rpcUrl, coordinator, n);
    await bench.#createTask();
    return bench;
  }

  async #createTask(): Promise<void> {
    await this.#send('createTask', [
      {
        minCohort: 3,
        maxCohort: 128,
        trainingRounds: 3,
        corruptBps: 2500,
        survivorFloor: 3,
        joinSeconds: 3600,
        phaseSeconds: 3600,
        beaconSeconds: 3600,
        maxVoids: 10,
        allowListed: false,
        stake: 0n,
        sumBond: 0n,
        pool: 0n,
      },
      keccak256(stringToHex('spec')),
    ]);
    this.#task = await this.#reader.readContract({
      address: this.#coordinator,
      abi: allianceCoordinatorAbi,
      functionName: 'taskCount',
    });
    for (const [i, session] of this.#sessions.entries()) {
      const wallet = privateKeyToAccount(numberToHex(1000 + i, { size: 32 }));
      const nonce = await this.#reader.readContract({
        address: this.#coordinator,
        abi: allianceCoordinatorAbi,
        functionName: 'nonces',
        args: [wallet.address],
      });
      const registration = {
        task: this.#task,
        wallet: wallet.address,
        sessionKey: session.address,
        channelKey: numberToHex(i + 1, { size: 32 }),
        expiry: 2n ** 40n,
        nonce,
        deadline: maxUint256,
      } as const;
      const signature = await wallet.signTypedData({
        domain: recordDomain({ chainId: foundry.id, coordinator: this.#coordinator }),
        types: REGISTRATION_TYPES,
        primaryType: 'Registration',
        message: registration,
      });
      await this.#send('register', [registration, signature]);
    }
  }

  /** A whole round; those outside `acknowledged` are in no member's ack and out from then on. */
  async round(everybody: bigint, acknowledged: bigint): Promise<Costs> {
    const costs = new Map<RecordPhase, number>();
    await this.#send('open', [this.#task]);
    const round = (await this.#read()).rounds;
    const view = await this.#reader.readContract({
      address: this.#coordinator,
      abi: allianceCoordinatorAbi,
      functionName: 'getRound',
      args: [this.#task, round],
    });
    const salt = `${this.#task} ${round}`;
    const other = (name: string): Hex => keccak256(stringToHex(`${name} ${salt}`));
    costs.set(Phase.Join, await this.#post(round, Phase.Join, everybody, other('join')));
    const chain = createTestClient({ mode: 'anvil', chain: foundry, transport: http(this.#rpcUrl) });
    await chain.setNextBlockTimestamp({ timestamp: BigInt(view.progress.joinEndsAt) + 2n });
    const signature = toHex(signBeaconRound(SECRET, BigInt(view.progress.beaconRound)));
    await this.#send('postBeacon', [this.#task, round, signature]);
    const bitmap = numberToHex(acknowledged, { size: 32 });
    costs.set(Phase.Share, await this.#post(round, Phase.Share, everybody, other('share')));
    costs.set(Phase.Ack, await this.#post(round, Phase.Ack, everybody, bitmap));
    costs.set(Phase.Mask, await this.#post(round, Phase.Mask, acknowledged, other('mask')));
    costs.set(Phase.Have, await this.#post(round, Phase.Have, acknowledged, bitmap));
    costs.set(Phase.Unmask, await this.#post(round, Phase.Unmask, acknowledged, other('answer')));
    await this.#send('postSum', [this.#task, round, SUM, MODEL]);
    const candidate = sha256(concat([SUM, MODEL])).slice(0, -2) as Hex;
    costs.set(Phase.Vote, await this.#post(round, Phase.Vote, acknowledged, concat([candidate, '0x02'])));
    const { step } = await this.#read();
    if (step !== round) throw new Error(`the measured round did not settle: the task is at step ${step} after ${round} rounds`);
    return costs;
  }

  async #read() {
    return this.#reader.readContract({
      address: this.#coordinator,
      abi: allianceCoordinatorAbi,
      functionName: 'getTask',
      args: [this.#task],
    });
  }

  /** Posts one batch with everybody's record; gas a record. */
  async #post(round: number, phase: RecordPhase, members: bigint, digest: Hex): Promise<number> {
    const indices = Array.from({ length: this.#n }, (_, i) => i).filter((i) => (members >> BigInt(i)) & 1n);
    // The answer's 80 bytes a member of U2 are what small rosters put into calldata.
    const answer = toHex(new Uint8Array(64 + 48 * indices.length).fill(7));
    const inCalldata = phase === Phase.Unmask && this.#n <= 16;
    const signed = indices.map((index) => this.#sign(round, phase, index, inCalldata ? sha256(answer) : digest));
    const records = concat(await Promise.all(signed));
    const gas = inCalldata
      ? await this.#send('postUnmask', [this.#task, round, 0, records, indices.map(() => answer)])
      : await this.#send('postRecords', [this.#task, round, 0, phase, records]);
    return Math.ceil(Number(gas) / indices.length);
  }

  async #sign(round: number, phase: RecordPhase, index: number, digest: Hex): Promise<Hex> {
    const signature = await (this.#sessions[index] as PrivateKeyAccount).signTypedData({
      domain: recordDomain({ chainId: foundry.id, coordinator: this.#coordinator }),
      types: RECORD_TYPES,
      primaryType: 'Record',
      message: { task: this.#task, round, group: 0, phase, index, digest },
    });
    const compact = serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
    return concat([numberToHex(index, { size: 2 }), digest, compact]);
  }

  async #send(
    functionName: 'createTask' | 'register' | 'open' | 'postBeacon' | 'postRecords' | 'postUnmask' | 'postSum',
    args: readonly unknown[],
  ): Promise<bigint> {
    const writer = createWalletClient({ account: this.#account, chain: foundry, transport: http(this.#rpcUrl) });
    const hash = await writer.writeContract({
      address: this.#coordinator,
      abi: allianceCoordinatorAbi,
      functionName,
      args: args as never,
      gas: 16_000_000n,
    } as never);
    const receipt = await this.#reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${functionName} was reverted`);
    return receipt.gasUsed;
  }
}
