/**
 * A proposal on a deployment as it is made for use, from the locks to a setting that changed, with a chain whose time the test moves;
 * and at every turn the TypeScript twin says what the contract says.
 */
import {
  type Address,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEther,
  toBytes,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flockAbi, gmFlockAbi, murmurGovernorAbi } from '../../contracts-abi/abi.ts';
import { type EconomyAddresses, FIRST_GOVERNANCE, FIRST_POOL_RULES } from '../../contracts-abi/economy-addresses.ts';
import { type Anvil, ANVIL_KEY, startAnvil } from '../../node/anvil.ts';
import { deployEconomy } from '../../node/deploy-economy.ts';
import { PROPOSAL_GRACE_SECONDS, PROPOSAL_STATES, proposalState, quorumOf } from '../../src/economy/proposal-life.ts';

const someone = (byte: string): Address => `0x${byte.repeat(20)}`;
const [ANNA, BEN] = [someone('c1'), someone('c2')];
const STAKE = parseEther('2000000');
const START = 2_000_000_000;
const YEAR = 365n * 86_400n;

let anvil: Anvil;
let addresses: EconomyAddresses;
let reader: ReturnType<typeof createPublicClient>;

beforeAll(async () => {
  const free = ['--auto-impersonate', '--base-fee', '0', '--gas-price', '0'];
  anvil = await startAnvil([...free, '--chain-id', '8453', '--timestamp', `${START}`]);
  reader = createPublicClient({ transport: http(anvil.rpcUrl) });
  addresses = await deployEconomy({
    rpcUrl: anvil.rpcUrl,
    account: privateKeyToAccount(ANVIL_KEY),
    pollingIntervalMs: 20,
    parameters: {
      guardian: someone('c3'),
      genesis: [ANNA, BEN].map((to) => ({ to, amount: STAKE })),
      governance: FIRST_GOVERNANCE,
      poolRules: FIRST_POOL_RULES,
      emissionStartsAt: START + 86_400,
    },
  });
});
afterAll(() => anvil?.stop());

const rpc = <T>(method: string, ...params: unknown[]): Promise<T> => reader.request({ method, params } as never);

async function send(from: Address, to: Address, data: Hex): Promise<void> {
  const hash = await rpc<Hex>('eth_sendTransaction', { from, to, data, gasPrice: '0x0' });
  const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  expect(status).toBe('success');
}

async function lockAll(who: Address, seconds: bigint): Promise<void> {
  const { flock, gmFlock } = addresses;
  await send(who, flock, encodeFunctionData({ abi: flockAbi, functionName: 'approve', args: [gmFlock, STAKE] }));
  await send(who, gmFlock, encodeFunctionData({ abi: gmFlockAbi, functionName: 'lock', args: [STAKE, seconds] }));
}

const mineAt = (seconds: number): Promise<unknown> => rpc('evm_mine', seconds);

test('locks, a proposal, votes, the queue and the execution change a setting, as the twin foretells', async () => {
  await lockAll(ANNA, YEAR);
  await lockAll(BEN, 30n * 86_400n);
  const governor = { address: addresses.governor, abi: murmurGovernorAbi } as const;
  const text = 'Vote for nine days';
  const call = encodeFunctionData({ ...governor, functionName: 'setVotingPeriod', args: [9 * 86_400] });
  const [targets, values, calls] = [[governor.address], [0n], [call]] as const;
  const hashed = [targets, values, calls, keccak256(toBytes(text))] as const;
  const id = await reader.readContract({ ...governor, functionName: 'hashProposal', args: hashed });
  const propose = encodeFunctionData({ ...governor, functionName: 'propose', args: [targets, values, calls, text] });
  await mineAt(Number((await reader.getBlock()).timestamp) + 1);
  await send(ANNA, governor.address, propose);

  /** What the contract says in the newest block, once the twin has said the same. */
  async function state(executed = false): Promise<string> {
    const { number: blockNumber, timestamp } = await reader.getBlock();
    const of = async (functionName: 'proposalSnapshot' | 'proposalDeadline' | 'proposalEta'): Promise<number> =>
      Number(await reader.readContract({ ...governor, functionName, args: [id], blockNumber }));
    const [snapshot, deadline, eta] = [
      await of('proposalSnapshot'),
      await of('proposalDeadline'),
      await of('proposalEta'),
    ];
    const question = { ...governor, functionName: 'proposalVotes', args: [id], blockNumber } as const;
    const [against, yes, abstain] = await reader.readContract(question);
    const quorum = timestamp > BigInt(snapshot) ? await quorumAt(BigInt(snapshot), blockNumber) : 0n;
    const tally = { against, for: yes, abstain };
    const twin = proposalState(
      { snapshot, deadline, eta, canceled: false, executed, tally, quorum },
      Number(timestamp),
    );
    const answer = await reader.readContract({ ...governor, functionName: 'state', args: [id], blockNumber });
    expect(twin).toBe(PROPOSAL_STATES[answer]);
    return twin;
  }

  async function quorumAt(time: bigint, blockNumber: bigint): Promise<bigint> {
    const gmFlock = { address: addresses.gmFlock, abi: gmFlockAbi } as const;
    const units = await reader.readContract({
      ...gmFlock,
      functionName: 'getPastTotalSupply',
      args: [time],
      blockNumber,
    });
    const quorum = quorumOf(units, FIRST_GOVERNANCE.quorumBps, FIRST_GOVERNANCE.quorumFloor);
    expect(await reader.readContract({ ...governor, functionName: 'quorum', args: [time], blockNumber })).toBe(quorum);
    return quorum;
  }

  const vote = (who: Address, support: number): Promise<void> =>
    send(who, governor.address, encodeFunctionData({ ...governor, functionName: 'castVote', args: [id, support] }));
  const atEnd = async (functionName: 'queue' | 'execute'): Promise<void> =>
    send(BEN, governor.address, encodeFunctionData({ ...governor, functionName, args: hashed }));
  /** What the state would be at that second, if nothing happened until then. */
  async function stateAt(seconds: number): Promise<string> {
    const now = await rpc<Hex>('evm_snapshot');
    await mineAt(seconds);
    const then = await state();
    await rpc('evm_revert', now);
    return then;
  }

  const snapshot = Number(await reader.readContract({ ...governor, functionName: 'proposalSnapshot', args: [id] }));
  const deadline = snapshot + FIRST_GOVERNANCE.votingPeriod;
  expect(await state()).toBe('pending');
  expect(await stateAt(snapshot)).toBe('pending');
  await mineAt(snapshot + 1);
  expect(await state()).toBe('active');
  expect(await stateAt(deadline + 1)).toBe('defeated');
  await vote(BEN, 0);
  expect(await stateAt(deadline + 1)).toBe('defeated');
  await vote(ANNA, 1);
  expect(await stateAt(deadline)).toBe('active');
  expect(await stateAt(deadline + 1 + PROPOSAL_GRACE_SECONDS)).toBe('expired');
  await mineAt(deadline + 1);
  expect(await state()).toBe('succeeded');
  await atEnd('queue');
  expect(await state()).toBe('queued');
  const eta = Number(await reader.readContract({ ...governor, functionName: 'proposalEta', args: [id] }));
  expect(await stateAt(eta + PROPOSAL_GRACE_SECONDS)).toBe('queued');
  expect(await stateAt(eta + PROPOSAL_GRACE_SECONDS + 1)).toBe('expired');
  await mineAt(eta);
  await atEnd('execute');
  expect(await state(true)).toBe('executed');
  expect(await reader.readContract({ ...governor, functionName: 'votingPeriod' })).toBe(9n * 86_400n);
});
