/** What the page looks up on chain, or takes back there, beside taking part: authorisations, balances, places of the ledger's entries. */
import { type Bytes, type Hex, toHex } from '../src/core/bytes.ts';
import { hasCode } from '../src/core/errors.ts';
import type { ChainPlace, LedgerStep } from './api/ledger.ts';
import type { NetworkInfo } from './api/network.ts';
import type { Authorisation, ContractCall } from './api/wallets.ts';
import { addressOf, formatFlock, isOurs, requireRegistration } from './chain.ts';
import { sessionKeys } from './keys.ts';
import { networkName, type World } from './world.ts';

const viem = () => import('./viem.ts');

/** Whether a wallet's registration on chain is the one of this browser, so that nothing has to be asked of the wallet again. */
export async function isRegistered(world: World, network: NetworkInfo, task: string, wallet: Hex): Promise<boolean> {
  try {
    await requireRegistration(world, network, task, wallet);
    return true;
  } catch (error) {
    if (hasCode(error, 'not-found', 'conflict')) return false;
    throw error;
  }
}

/** The session key of a task and wallet as the chain knows it; undefined when its registration is not the wallet's last one. */
export async function readAuthorisation(
  world: World,
  network: NetworkInfo,
  task: string,
  wallet: Hex,
): Promise<Pick<Authorisation, 'sessionKey' | 'registrationId' | 'active'> | undefined> {
  const { connectChain } = await viem();
  const chain = connectChain(network, world.sender.rpcFetch);
  const { active, id } = await chain.latestRegistration(BigInt(task), wallet);
  const keys = await sessionKeys(world.vault, networkName(network), task, wallet);
  if (!active && id === 0 && (await chain.task(BigInt(task))).registrations === 0) return undefined;
  if (!(await isOurs(chain, task, id, keys))) return undefined;
  return { sessionKey: await addressOf(keys.secret), registrationId: id, active };
}

/** @throws MurmurError not-found when there is no authorisation any more */
export async function revokeWith(world: World, network: NetworkInfo, task: string, key: Bytes): Promise<void> {
  const { connectChain } = await viem();
  await connectChain(network, world.sender.rpcFetch, key).revoke(BigInt(task));
}

/** The transaction by which a wallet of the person's own revokes. */
export async function revocationCall(network: NetworkInfo, task: string): Promise<ContractCall> {
  const { revokeData } = await viem();
  return { to: network.coordinator, data: revokeData(BigInt(task)) };
}

/** FLOCK of a wallet, decimal text. */
export async function balanceOf(world: World, network: NetworkInfo, wallet: Hex): Promise<string> {
  const { connectChain } = await viem();
  return formatFlock(await connectChain(network, world.sender.rpcFetch).balance(network.flock, wallet));
}

/** Where a record of the ledger is in the chain, checked against the contract's running hash. */
export async function findRecord(
  world: World,
  network: NetworkInfo,
  { task, round, phase, index }: LedgerStep,
  signal?: AbortSignal,
): Promise<ChainPlace | undefined> {
  const { connectChain } = await viem();
  const chain = connectChain(network, world.sender.rpcFetch);
  const found = await chain.recordPlace(BigInt(task), round, phase, index, signal);
  return found && { block: Number(found.block), transaction: found.transaction, digest: toHex(found.digest) };
}

export async function findTransaction(
  world: World,
  network: NetworkInfo,
  transaction: Hex,
  signal?: AbortSignal,
): Promise<ChainPlace | undefined> {
  const { connectChain } = await viem();
  const found = await connectChain(network, world.sender.rpcFetch).transactionPlace(transaction, signal);
  return found && { block: Number(found.block), transaction, ...(!found.succeeded && { refused: true }) };
}
