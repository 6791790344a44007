/**
 * Where the contracts are. Written by hand, unlike its neighbours.
 *
 * Everything is deployed through the deterministic-deployment proxy (https://github.com/Arachnid/deterministic-deployment-proxy)
 * with a fixed salt, so an address follows from creation code and constructor arguments alone, on every chain.
 */
import { type Address, encodeDeployData, getContractAddress, type Hex, stringToHex, zeroAddress } from 'viem';
import { allianceCoordinatorAbi, beaconBn254Abi, flockAbi } from './abi.ts';
import { allianceCoordinatorBytecode, beaconBN254Bytecode, flockBytecode } from './bytecode.ts';

/** CREATE2 from calldata `salt ‖ creation code`. */
export const DEPLOYMENT_PROXY = '0x4e59b44847b379578588920cA78FbF26c0B4956C';

/** The same for all contracts; another one makes a second, independent set. */
export const SALT: Hex = stringToHex('murmur/1', { size: 32 });

export interface BeaconParameters {
  /** key in G2: x real, x imaginary, y real, y imaginary */
  readonly publicKey: readonly [bigint, bigint, bigint, bigint];
  /** Unix seconds of round 1 */
  readonly genesis: bigint;
  readonly periodSeconds: number;
  /** seconds between the end of joining and the beacon round that counts */
  readonly delaySeconds: number;
}

/** FLOCK wei that somebody has from the beginning. */
export interface Grant {
  readonly to: Address;
  readonly amount: bigint;
}

export interface DeployParameters {
  readonly beacon: BeaconParameters;
  readonly genesis: readonly Grant[];
  /** gets the bonds of disputed sums */
  readonly treasury: Address;
}

export interface Addresses {
  readonly flock: Address;
  readonly beacon: Address;
  readonly coordinator: Address;
}

/** Who may name the token's first minter, and who may change it: nobody, so that nothing is minted after genesis. */
const NO_MINTER = [zeroAddress, zeroAddress] as const;

/** Creation code with constructor arguments, in the order of deployment. */
export function creationCode(parameters: DeployParameters): Readonly<Record<keyof Addresses, Hex>> {
  const { beacon, genesis, treasury } = parameters;
  const flock = encodeDeployData({ abi: flockAbi, bytecode: flockBytecode, args: [genesis, ...NO_MINTER] });
  const beaconCode = encodeDeployData({
    abi: beaconBn254Abi,
    bytecode: beaconBN254Bytecode,
    args: [beacon.publicKey, beacon.genesis, beacon.periodSeconds, beacon.delaySeconds],
  });
  const coordinator = encodeDeployData({
    abi: allianceCoordinatorAbi,
    bytecode: allianceCoordinatorBytecode,
    args: [create2Address(flock), create2Address(beaconCode), treasury],
  });
  return { flock, beacon: beaconCode, coordinator };
}

/** Where a deployment with these parameters is, whether or not it has happened. */
export function addressesFor(parameters: DeployParameters): Addresses {
  const code = creationCode(parameters);
  return {
    flock: create2Address(code.flock),
    beacon: create2Address(code.beacon),
    coordinator: create2Address(code.coordinator),
  };
}

/** Where the deployment proxy puts this creation code. */
export function create2Address(bytecode: Hex): Address {
  return getContractAddress({ opcode: 'CREATE2', from: DEPLOYMENT_PROXY, salt: SALT, bytecode });
}

/**
 * drand's evmnet (https://docs.drand.love, chain hash 04f1e9062b8a81f848fded9c12306733282b2727ecced50032187751166ec8c3), with
 * a minute between the end of joining and the beacon. contracts/test/Beacon.t.sol verifies two of its published rounds.
 */
export const DRAND_EVMNET: BeaconParameters = {
  publicKey: [
    0x0557ec32c2ad488e4d4f6008f89a346f18492092ccc0d594610de2732c8b808fn,
    0x07e1d1d335df83fa98462005690372c643340060d205306a9aa8106b6bd0b382n,
    0x297d3a4f9749b33eb2d904c9d9ebf17224150ddd7abd7567a9bec6c74480ee0bn,
    0x0095685ae3a85ba243747b1b2f426049010f6b73a0cf1d389351d5aaaa1047f6n,
  ],
  genesis: 1_727_521_075n,
  periodSeconds: 3,
  delaySeconds: 60,
};
