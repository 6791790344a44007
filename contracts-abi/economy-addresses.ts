/**
 * Where the contracts of the economy are. Written by hand, like addresses.ts, and by the same rule: an address follows from creation
 * code and constructor arguments, so from the parameters here.
 *
 * One of them is the deployer: it is the timelock's second admin until the Governor has its roles (docs/adr/0022).
 */
import { type Address, encodeDeployData, type Hex } from 'viem';
import {
  delegationAbi,
  emissionAbi,
  entryGateAbi,
  flockAbi,
  gmFlockAbi,
  murmurGovernorAbi,
  murmurTimelockAbi,
  treasuryAbi,
} from './abi.ts';
import { create2Address, type Grant } from './addresses.ts';
import {
  delegationBytecode,
  emissionBytecode,
  entryGateBytecode,
  flockBytecode,
  gmFlockBytecode,
  murmurGovernorBytecode,
  murmurTimelockBytecode,
  treasuryBytecode,
} from './bytecode.ts';

/** Times in seconds, amounts in wei of FLOCK or gmFLOCK. Bounds: contracts/src/economy/GovernanceBounds.sol. */
export interface GovernanceParameters {
  readonly votingDelay: number;
  readonly votingPeriod: number;
  readonly extension: number;
  readonly timelockDelay: bigint;
  readonly threshold: bigint;
  readonly quorumBps: bigint;
  readonly quorumFloor: bigint;
}

/** Rules of delegation pools; sigma in 1e18, times in seconds. */
export interface PoolRules {
  readonly minSigma: bigint;
  readonly maxSigma: bigint;
  readonly changeDelay: number;
  readonly exitDelay: number;
  readonly operatorFeeBps: number;
  readonly delegatorFeeBps: number;
}

export interface EconomyParameters {
  /** gives the Governor its roles, and then has none itself */
  readonly deployer: Address;
  /** may shut the doors for a week */
  readonly guardian: Address;
  /** who gets FLOCK at genesis; all that is left to the cap is emitted */
  readonly genesis: readonly Grant[];
  readonly governance: GovernanceParameters;
  readonly poolRules: PoolRules;
  /** Unix seconds, not in the past when Emission is created */
  readonly emissionStartsAt: number;
}

const DAY = 24 * 3600;
const WEI = 10n ** 18n;
/** most that is ever minted */
const FLOCK_CAP = 1_000_000_000n * WEI;

/** docs/economy.md */
export const FIRST_GOVERNANCE: GovernanceParameters = {
  votingDelay: 2 * DAY,
  votingPeriod: 7 * DAY,
  extension: 2 * DAY,
  timelockDelay: BigInt(3 * DAY),
  threshold: 1_000n * WEI,
  quorumBps: 400n,
  quorumFloor: 1_000_000n * WEI,
};

export const FIRST_POOL_RULES: PoolRules = {
  minSigma: 0n,
  maxSigma: WEI / 2n,
  changeDelay: 7 * DAY,
  exitDelay: 7 * DAY,
  operatorFeeBps: 800,
  delegatorFeeBps: 1450,
};

/** In the order of deployment: nothing is created before what it asks something of. */
export const ECONOMY = [
  'timelock',
  'treasury',
  'entryGate',
  'flock',
  'gmFlock',
  'governor',
  'emission',
  'delegation',
] as const;
export type EconomyContract = (typeof ECONOMY)[number];
export type EconomyAddresses = Readonly<Record<EconomyContract, Address>>;

/** Creation code with constructor arguments. */
export function economyCode(parameters: EconomyParameters): Readonly<Record<EconomyContract, Hex>> {
  const { deployer, guardian, genesis, poolRules, emissionStartsAt } = parameters;
  const { timelockDelay, ...settings } = parameters.governance;
  const timelock = encodeDeployData({
    abi: murmurTimelockAbi,
    bytecode: murmurTimelockBytecode,
    args: [timelockDelay, deployer],
  });
  const governance = create2Address(timelock);
  const treasury = encodeDeployData({ abi: treasuryAbi, bytecode: treasuryBytecode, args: [governance] });
  const treasuryAddress = create2Address(treasury);
  const entryGate = encodeDeployData({
    abi: entryGateAbi,
    bytecode: entryGateBytecode,
    args: [governance, guardian],
  });
  const flock = encodeDeployData({ abi: flockAbi, bytecode: flockBytecode, args: [genesis, deployer, governance] });
  const flockAddress = create2Address(flock);
  const gmFlock = encodeDeployData({
    abi: gmFlockAbi,
    bytecode: gmFlockBytecode,
    args: [flockAddress, create2Address(entryGate), treasuryAddress],
  });
  const gmFlockAddress = create2Address(gmFlock);
  const governor = encodeDeployData({
    abi: murmurGovernorAbi,
    bytecode: murmurGovernorBytecode,
    args: [gmFlockAddress, governance, settings],
  });
  const minted = genesis.reduce((sum, { amount }) => sum + amount, 0n);
  const emission = encodeDeployData({
    abi: emissionAbi,
    bytecode: emissionBytecode,
    args: [flockAddress, gmFlockAddress, governance, FLOCK_CAP - minted, emissionStartsAt],
  });
  const delegation = encodeDeployData({
    abi: delegationAbi,
    bytecode: delegationBytecode,
    args: [flockAddress, gmFlockAddress, governance, treasuryAddress, poolRules],
  });
  return { timelock, treasury, entryGate, flock, gmFlock, governor, emission, delegation };
}

/** Where a deployment with these parameters is, whether or not it has happened. */
export function economyAddresses(parameters: EconomyParameters): EconomyAddresses {
  const code = economyCode(parameters);
  return Object.fromEntries(ECONOMY.map((name) => [name, create2Address(code[name])])) as EconomyAddresses;
}
