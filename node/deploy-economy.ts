/**
 * Puts the economy on a chain and gives every key away: timelock, treasury, entry gate, token, gmFLOCK, Governor, emission, delegation.
 * Afterwards the Governor alone proposes to the timelock, cancels and executes there, the timelock is its own only admin, everything
 * obeys the timelock, and the deployer has no power left; that is checked, on the chain, before this returns.
 *
 * A second run, or a run that continues one that broke off, changes nothing that is done.
 */
import { type Address, encodeFunctionData, type Hex, keccak256, stringToHex, zeroHash } from 'viem';
import { flockAbi, murmurTimelockAbi } from '../contracts-abi/abi.ts';
import {
  ECONOMY,
  type EconomyAddresses,
  economyAddresses,
  economyCode,
  type EconomyParameters,
} from '../contracts-abi/economy-addresses.ts';
import { MurmurError } from '../src/core/errors.ts';
import { Deployer, type DeployerOptions } from './deployer.ts';

const role = (name: string): Hex => keccak256(stringToHex(name));
/** What the Governor has, and nobody else. */
const GOVERNOR_ROLES = ['PROPOSER_ROLE', 'CANCELLER_ROLE', 'EXECUTOR_ROLE'].map(role);
/** OpenZeppelin's DEFAULT_ADMIN_ROLE. */
const ADMIN_ROLE = zeroHash;

interface Wiring {
  readonly deployer: Deployer;
  readonly addresses: EconomyAddresses;
}

/**
 * @param options whose account is the deployer; its address is a part of all addresses
 * @returns where the contracts are
 * @throws MurmurError internal when a transaction is reverted (emission that starts in the past, say) or power is left with the
 * deployer; unsupported and unreachable as Deployer.connect
 */
export async function deployEconomy(
  options: DeployerOptions & { readonly parameters: Omit<EconomyParameters, 'deployer'> },
): Promise<EconomyAddresses> {
  const deployer = await Deployer.connect(options);
  const parameters = { ...options.parameters, deployer: deployer.address };
  const addresses = economyAddresses(parameters);
  const code = economyCode(parameters);
  for (const name of ECONOMY) await deployer.put(name, addresses[name], code[name]);
  await nameMinter({ deployer, addresses });
  await giveKeysAway({ deployer, addresses });
  return addresses;
}

/** Timelock and Governor need each other's address: the deployer is the timelock's admin until the Governor has its roles. */
async function giveKeysAway({ deployer, addresses }: Wiring): Promise<void> {
  const { timelock, governor } = addresses;
  const contract = { address: timelock, abi: murmurTimelockAbi } as const;
  const has = (name: Hex, account: Address): Promise<boolean> =>
    deployer.reader.readContract({ ...contract, functionName: 'hasRole', args: [name, account] });
  const send = (functionName: 'grantRole' | 'renounceRole', name: Hex, account: Address): Promise<void> =>
    deployer.send(timelock, encodeFunctionData({ abi: contract.abi, functionName, args: [name, account] }));

  if (await has(ADMIN_ROLE, deployer.address)) {
    for (const name of GOVERNOR_ROLES) if (!(await has(name, governor))) await send('grantRole', name, governor);
    await send('renounceRole', ADMIN_ROLE, deployer.address);
  }
  const kept = await Promise.all([ADMIN_ROLE, ...GOVERNOR_ROLES].map((name) => has(name, deployer.address)));
  if (!kept.includes(true)) return;
  throw new MurmurError('internal', `the deployer still has a role in the timelock ${timelock}`);
}

/** The token and its minter need each other's address too: the deployer may name the first one, once. */
async function nameMinter({ deployer, addresses }: Wiring): Promise<void> {
  const contract = { address: addresses.flock, abi: flockAbi } as const;
  if (await deployer.reader.readContract({ ...contract, functionName: 'minterWasSet' })) return;
  const args = [addresses.emission] as const;
  await deployer.send(addresses.flock, encodeFunctionData({ abi: contract.abi, functionName: 'setFirstMinter', args }));
}
