/**
 * Who may do what, on a deployment as it is made for use: every function of every contract of the economy that could change something
 * is called by everybody in the cast. A function that is not in these tables fails the test.
 */
import {
  type Abi,
  type Address,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEther,
  type PublicClient,
  stringToHex,
  zeroHash,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  delegationAbi,
  emissionAbi,
  entryGateAbi,
  flockAbi,
  gmFlockAbi,
  murmurGovernorAbi,
  murmurTimelockAbi,
  treasuryAbi,
} from '../../contracts-abi/abi.ts';
import {
  ECONOMY,
  type EconomyAddresses,
  type EconomyContract,
  FIRST_GOVERNANCE,
  FIRST_POOL_RULES,
} from '../../contracts-abi/economy-addresses.ts';
import { type Anvil, ANVIL_KEY, startAnvil } from '../../node/anvil.ts';
import { deployEconomy } from '../../node/deploy-economy.ts';
import { revertName } from '../../src/chain/revert-words.ts';
import { type Rule, type Rules, unruled, walk } from './support-privileges.ts';

const DEPLOYER = privateKeyToAccount(ANVIL_KEY);
const someone = (byte: string): Address => `0x${byte.repeat(20)}`;
const [GUARDIAN, OWNER, OPERATOR, STRANGER] = [someone('a1'), someone('a2'), someone('a3'), someone('a4')];
const DAY = 86_400n;

const governance = (refusal = 'NotGovernance', args?: readonly unknown[]): Rule => ({
  may: ['timelock'],
  refusal,
  ...(args === undefined ? {} : { args }),
});
const nobody = (refusal: string): Rule => ({ may: [], refusal });
const owner = (args: readonly unknown[]): Rule => ({ may: ['owner'], refusal: 'NotOwner', args });
const module = (args: readonly unknown[]): Rule => ({ may: ['delegation'], refusal: 'NotModule', args });
const gmFlock: Rule = { may: ['gmFlock'], refusal: 'NotGmFlock' };
const ofRole: Rule = { may: ['governor'], refusal: 'AccessControlUnauthorizedAccount' };
/** And the timelock only while the Governor executes just this call: contracts/test/economy/GovernanceAttacks.t.sol. */
const proposal = governance('GovernorOnlyExecutor');

/** Lock 1 and position 1 are the owner's, and the position's module is Delegation. */
const TABLES: Readonly<Record<EconomyContract, Rules>> = {
  timelock: {
    'grantRole(bytes32,address)': { may: ['timelock'], refusal: 'AccessControlUnauthorizedAccount' },
    'revokeRole(bytes32,address)': { may: ['timelock'], refusal: 'AccessControlUnauthorizedAccount' },
    // of one's own
    'renounceRole(bytes32,address)': nobody('AccessControlBadConfirmation'),
    'schedule(address,uint256,bytes,bytes32,bytes32,uint256)': ofRole,
    'scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)': ofRole,
    'cancel(bytes32)': ofRole,
    'execute(address,uint256,bytes,bytes32,bytes32)': ofRole,
    'executeBatch(address[],uint256[],bytes[],bytes32,bytes32)': ofRole,
    'updateDelay(uint256)': governance('TimelockUnauthorizedCaller'),
    // a gift
    'onERC721Received(address,address,uint256,bytes)': 'anybody',
    'onERC1155Received(address,address,uint256,uint256,bytes)': 'anybody',
    'onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)': 'anybody',
  },
  treasury: {
    'pay(address,address,uint256)': governance(),
    'payEther(address,uint256)': governance(),
  },
  entryGate: {
    'pause()': { may: ['guardian'], refusal: 'NotGuardian' },
    'unpause()': { may: ['guardian', 'timelock'], refusal: 'NotGuardian' },
    'setGuardian(address)': governance(),
  },
  flock: {
    'approve(address,uint256)': 'anybody',
    'transfer(address,uint256)': 'anybody',
    'transferFrom(address,address,uint256)': 'anybody',
    'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)': 'anybody',
    'faucet(uint256)': 'anybody',
    'mint(address,uint256)': { may: ['emission'], refusal: 'NotMinter' },
    // once, and it has: see below
    'setFirstMinter(address)': { may: ['deployer'], refusal: 'NotDeployer' },
    'scheduleMinter(address)': governance(),
    'cancelMinter()': governance(),
    'acceptMinter()': 'anybody',
    'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)': 'anybody',
    'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)': 'anybody',
    'receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)': 'anybody',
    'receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)': 'anybody',
    'cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)': 'anybody',
    'cancelAuthorization(address,bytes32,bytes)': 'anybody',
  },
  gmFlock: {
    'lock(uint256,uint256)': 'anybody',
    'extend(uint256,uint40)': owner([1n, 2_000_000_000]),
    'poke(uint256)': 'anybody',
    'redeem(uint256)': owner([1n]),
    'openPosition(uint256,address,uint256,uint256,bytes)': owner([1n, STRANGER, 1n, 1n, '0x']),
    'closePosition(uint256)': module([1n]),
    'slash(uint256,uint256,address)': module([1n, 1n, STRANGER]),
    'delegate(address)': 'anybody',
    'delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)': 'anybody',
  },
  governor: {
    'propose(address[],uint256[],bytes[],string)': 'anybody',
    'queue(address[],uint256[],bytes[],bytes32)': 'anybody',
    'execute(address[],uint256[],bytes[],bytes32)': 'anybody',
    'cancel(address[],uint256[],bytes[],bytes32)': 'anybody',
    'castVote(uint256,uint8)': 'anybody',
    'castVoteWithReason(uint256,uint8,string)': 'anybody',
    'castVoteWithReasonAndParams(uint256,uint8,string,bytes)': 'anybody',
    'castVoteBySig(uint256,uint8,address,bytes)': 'anybody',
    'castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes)': 'anybody',
    'relay(address,uint256,bytes)': proposal,
    'setVotingDelay(uint48)': proposal,
    'setVotingPeriod(uint32)': proposal,
    'setProposalThreshold(uint256)': proposal,
    'setLateQuorumVoteExtension(uint48)': proposal,
    'updateQuorumNumerator(uint256)': proposal,
    'setQuorumFloor(uint256)': proposal,
    'onERC721Received(address,address,uint256,bytes)': nobody('GovernorDisabledDeposit'),
    'onERC1155Received(address,address,uint256,uint256,bytes)': nobody('GovernorDisabledDeposit'),
    'onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)': nobody('GovernorDisabledDeposit'),
  },
  emission: {
    'endorse(address,uint256,uint96,uint40)': governance(),
    'revoke(address,uint256)': governance(),
    'sync(uint256)': 'anybody',
    'mintEarned(address,uint256)': 'anybody',
    'collect(uint256)': 'anybody',
  },
  delegation: {
    'openPool(uint256)': 'anybody',
    'announceSigma(uint256)': 'anybody',
    'announceExit(uint256)': owner([1n]),
    'exit(uint256)': owner([1n]),
    'claim(address)': 'anybody',
    'refresh(uint256)': 'anybody',
    'pay(address,uint256,uint40)': nobody('NotListed'),
    'freeze(address,uint40)': nobody('NotListed'),
    'slash(address,uint256,uint256,address)': nobody('NotListed'),
    'onOpened(uint256,address,uint256,uint256,uint256,bytes)': gmFlock,
    'onReweighed(uint256,uint256,uint256)': gmFlock,
    'setRules((uint64,uint64,uint32,uint32,uint16,uint16))': governance(),
    'setListed(address,bool)': governance(),
  },
};

const ABIS: Readonly<Record<EconomyContract, Abi>> = {
  timelock: murmurTimelockAbi,
  treasury: treasuryAbi,
  entryGate: entryGateAbi,
  flock: flockAbi,
  gmFlock: gmFlockAbi,
  governor: murmurGovernorAbi,
  emission: emissionAbi,
  delegation: delegationAbi,
};

describe('on a deployment', () => {
  let anvil: Anvil;
  let reader: PublicClient;
  let addresses: EconomyAddresses;

  beforeAll(async () => {
    anvil = await startAnvil(['--auto-impersonate', '--base-fee', '0', '--gas-price', '0']);
    reader = createPublicClient({ transport: http(anvil.rpcUrl) });
    addresses = await deployed();
    const { flock, gmFlock, delegation } = addresses;
    const stake = parseEther('10');
    await send(OPERATOR, delegation, encodeFunctionData({ abi: delegationAbi, functionName: 'openPool', args: [0n] }));
    await send(OWNER, flock, encodeFunctionData({ abi: flockAbi, functionName: 'approve', args: [gmFlock, stake] }));
    await send(OWNER, gmFlock, encodeFunctionData({ abi: gmFlockAbi, functionName: 'lock', args: [stake, 60n * DAY] }));
    const position = [1n, delegation, BigInt(OPERATOR), stake / 2n, '0x'] as const;
    const open = encodeFunctionData({ abi: gmFlockAbi, functionName: 'openPosition', args: position });
    await send(OWNER, gmFlock, open);
  });
  afterAll(() => anvil?.stop());

  const deployed = () =>
    deployEconomy({
      rpcUrl: anvil.rpcUrl,
      account: DEPLOYER,
      parameters: {
        guardian: GUARDIAN,
        genesis: [{ to: OWNER, amount: parseEther('1000') }],
        governance: FIRST_GOVERNANCE,
        poolRules: FIRST_POOL_RULES,
        emissionStartsAt: 4_000_000_000,
      },
      pollingIntervalMs: 20,
    });

  /** A transaction of anybody: this anvil signs for all. */
  async function send(from: Address, to: Address, data: Hex): Promise<void> {
    const request = { method: 'eth_sendTransaction', params: [{ from, to, data, gasPrice: '0x0' }] } as never;
    const hash = await reader.request<{ ReturnType: Hex }>(request);
    const receipt = await reader.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    expect(receipt.status).toBe('success');
  }

  const walked = (name: EconomyContract) => ({ name, address: addresses[name], abi: ABIS[name], rules: TABLES[name] });

  test.each(ECONOMY)('every function of %s has a rule, and every rule a function', (name) => {
    expect(unruled(walked(name))).toEqual({ functions: [], rules: [] });
  });

  test.each(ECONOMY)('the functions of %s let in whom they should', async (name) => {
    const cast = { ...addresses, deployer: DEPLOYER.address, guardian: GUARDIAN, owner: OWNER, stranger: STRANGER };
    expect(await walk(reader, walked(name), cast)).toEqual([]);
  });

  test('the Governor has the roles of the timelock, the timelock is its own admin, and nobody else has anything', async () => {
    const { timelock, governor } = addresses;
    const logs = await reader.getContractEvents({ address: timelock, abi: murmurTimelockAbi, fromBlock: 0n });
    const held = new Set<string>();
    for (const { eventName, args } of logs) {
      const { role, account } = args as { role?: Hex; account?: Address };
      if (eventName === 'RoleGranted') held.add(`${role} ${account}`);
      if (eventName === 'RoleRevoked') held.delete(`${role} ${account}`);
    }
    const roles = ['PROPOSER_ROLE', 'CANCELLER_ROLE', 'EXECUTOR_ROLE'].map((name) => keccak256(stringToHex(name)));
    expect([...held].toSorted()).toEqual(
      [`${zeroHash} ${timelock}`, ...roles.map((role) => `${role} ${governor}`)].toSorted(),
    );
  });

  test('everything obeys the timelock', async () => {
    const { timelock } = addresses;
    const obeyed = async (name: EconomyContract, functionName: string): Promise<unknown> =>
      reader.readContract({ address: addresses[name], abi: ABIS[name], functionName });
    for (const name of ['treasury', 'entryGate', 'flock'] as const) {
      expect(await obeyed(name, 'governance'), name).toBe(timelock);
    }
    for (const name of ['emission', 'delegation'] as const)
      expect(await obeyed(name, 'GOVERNANCE'), name).toBe(timelock);
    expect(await obeyed('governor', 'timelock')).toBe(timelock);
  });

  test('the emission mints, and the deployer names no other minter', async () => {
    const contract = { address: addresses.flock, abi: flockAbi } as const;
    expect(await reader.readContract({ ...contract, functionName: 'minter' })).toBe(addresses.emission);
    const again = { ...contract, functionName: 'setFirstMinter', args: [STRANGER], account: DEPLOYER } as const;
    expect(await reader.simulateContract(again).then(() => undefined, revertName)).toBe('MinterAlreadySet');
  });

  test('a second run changes nothing', async () => {
    const before = await reader.getTransactionCount({ address: DEPLOYER.address });
    expect(await deployed()).toEqual(addresses);
    expect(await reader.getTransactionCount({ address: DEPLOYER.address })).toBe(before);
  });
});
