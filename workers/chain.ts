/** The tab's side of the chain: readers, registration, and a session's signer, client and relay. viem is loaded on first use. */
import { fetchSpec } from '../src/aggregation/verify.ts';
import { type Bytes, fromHex, type Hex, toHex } from '../src/core/bytes.ts';
import { check, hasCode, MurmurError } from '../src/core/errors.ts';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { RelayClient } from '../src/network/relay-client.ts';
import { openWebSocket } from '../src/network/web-socket.ts';
import type { ChainPort, ChainReader, RelayPort } from '../src/protocol/ports.ts';
import type { RecordSigner } from '../src/protocol/record.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import type { NetworkInfo } from './api/network.ts';
import type { ContractCall, RegistrationRequest, TypedData } from './api/wallets.ts';
import { localWalletKey, type SessionKeys, sessionKeys } from './keys.ts';
import { askFaucet, clock, networkName, type World } from './world.ts';

/** A session key lives this long without a new signature of the wallet. */
const EXPIRY_SECONDS = 30n * 24n * 3600n;
/** A signed registration must be on chain within this time. */
const DEADLINE_SECONDS = 3600n;

const viem = () => import('./viem.ts');

export interface Session {
  readonly chain: ChainPort;
  readonly relay: RelayPort;
  readonly signer: RecordSigner;
  spec(signal: AbortSignal): Promise<TaskSpec>;
  close(): void;
}

/** What reading needs: no key, no session. */
export async function openReaders(
  world: World,
  network: NetworkInfo,
): Promise<{ chain: ChainReader; relay: RelayPort }> {
  const { connectChain } = await viem();
  const { sender } = world;
  return {
    chain: connectChain(network, sender.rpcFetch),
    relay: new RelayClient({ url: network.relayUrl, sender, clock, task: BigInt(network.openTask) }),
  };
}

/** Everything that one participation speaks with. */
export async function connectSession(
  world: World,
  network: NetworkInfo,
  stored: StoredParticipation,
  { secret }: SessionKeys,
): Promise<Session> {
  const { connectChain, recordSigner, signSignIn } = await viem();
  const { sender } = world;
  const task = BigInt(stored.task);
  const { registrationId } = stored;
  const payer = (await ownKeyOf(world, network, stored.wallet)) ?? secret;
  const chain = connectChain(network, sender.rpcFetch, payer);
  const relay = new RelayClient({
    url: network.relayUrl,
    sender,
    clock,
    task,
    domain: chain.domain,
    openSocket: openWebSocket,
    async signIn(issuedAt) {
      const signature = await signSignIn(secret, chain.domain, { task, registrationId, issuedAt: BigInt(issuedAt) });
      return { registrationId, signature };
    },
  });
  return {
    chain,
    relay: withRevocation(relay, async (signal) => {
      const { active, id } = await chain.latestRegistration(task, stored.wallet, signal);
      return !active || id !== registrationId;
    }),
    signer: recordSigner(secret, chain.domain),
    spec: async (signal) => fetchSpec(relay, await chain.task(task, signal), signal),
    close: () => relay.close(),
  };
}

/** Says, before it would ask for another round, that the wallet has taken its authorisation back. */
function withRevocation(relay: RelayClient, isRevoked: (signal?: AbortSignal) => Promise<boolean>): RelayPort {
  return {
    blobs: relay.blobs,
    publish: (message, signal) => relay.publish(message, signal),
    messages: (task, from, signal) => relay.messages(task, from, signal),
    async announce(task, id, signal) {
      if (!(await isRevoked(signal))) return relay.announce(task, id, signal);
      throw new MurmurError('refused', 'your wallet has taken back the authorisation of this tab for this task', {
        hint: 'Leave the task here. To go on, join again: that asks your wallet once more.',
      });
    },
  };
}

/** Registers the wallet that this page made, after the local faucet has filled it. Keeps a registration that is good already. */
export async function registerLocally(world: World, network: NetworkInfo, task: string, key: Bytes): Promise<number> {
  const { connectChain, accountOf, signRegistration } = await viem();
  const account = accountOf(key);
  const wallet = account.address.toLowerCase() as Hex;
  const chain = connectChain(network, world.sender.rpcFetch, key);
  const keys = await sessionKeys(world.vault, networkName(network), task, wallet);
  const known = await chain.activeRegistration(BigInt(task), wallet);
  if (known !== undefined && (await isOurs(chain, task, known, keys))) return known;
  const { parameters } = await chain.task(BigInt(task));
  await fill(world, network, chain, wallet, parameters.stake);
  if (parameters.stake > 0n && known === undefined) await chain.approve(network.flock, parameters.stake);
  const request = await registrationOf(chain, task, wallet, keys);
  return chain.register(request, await signRegistration(account, chain.domain, request));
}

/** What a wallet of the person's own has to sign, and to allow, before it registers. */
export async function requestRegistration(
  world: World,
  network: NetworkInfo,
  task: string,
  wallet: Hex,
): Promise<RegistrationRequest> {
  const { connectChain, registrationTypedData, approveData } = await viem();
  const chain = connectChain(network, world.sender.rpcFetch);
  const keys = await sessionKeys(world.vault, networkName(network), task, wallet);
  const { parameters } = await chain.task(BigInt(task));
  if (network.local) {
    await fill(world, network, chain, wallet, parameters.stake);
    await fill(world, network, chain, await addressOf(keys.secret), 0n);
  }
  const { domain, types, primaryType, message } = registrationTypedData(
    chain.domain,
    await registrationOf(chain, task, wallet, keys),
  );
  const texts = Object.entries(message).map(([name, value]) => [name, String(value)]);
  const registration: TypedData = {
    domain,
    types,
    primaryType,
    message: Object.fromEntries(texts) as Record<string, string>,
  };
  if (parameters.stake === 0n) return { registration };
  return { registration, approval: { to: network.flock, data: approveData(chain.domain, parameters.stake) } };
}

/** The transaction by which a wallet of the person's own registers. */
export async function registrationCall(
  network: NetworkInfo,
  { registration }: RegistrationRequest,
  signature: Hex,
): Promise<ContractCall> {
  const { registerData } = await viem();
  const { task, wallet, sessionKey, channelKey, expiry, nonce, deadline } = registration.message;
  const number = (text: string | undefined) => BigInt(text ?? '');
  const request = {
    task: number(task),
    wallet: wallet as Hex,
    sessionKey: sessionKey as Hex,
    channelKey: channelKey as Hex,
    expiry: number(expiry),
    nonce: number(nonce),
    deadline: number(deadline),
  };
  return { to: network.coordinator, data: registerData(request, signature) };
}

/**
 * The registration that a wallet of the person's own has on chain.
 * @throws MurmurError not-found when it has none, conflict when it belongs to another browser
 */
export async function requireRegistration(
  world: World,
  network: NetworkInfo,
  task: string,
  wallet: Hex,
): Promise<number> {
  const { connectChain } = await viem();
  const chain = connectChain(network, world.sender.rpcFetch);
  const id = await chain.activeRegistration(BigInt(task), wallet);
  if (id === undefined) throw new MurmurError('not-found', 'this wallet has not registered for the task');
  const keys = await sessionKeys(world.vault, networkName(network), task, wallet);
  if (await isOurs(chain, task, id, keys)) return id;
  throw new MurmurError('conflict', 'this wallet takes part from another browser', {
    hint: 'Go on there, or join again here.',
  });
}

/** Signs 32 bytes as an EIP-191 personal message. */
export async function signDigest(secret: Bytes, digest: Bytes): Promise<Hex> {
  return (await viem()).signDigest(secret, digest);
}

/**
 * Takes the stake of the wallet that this page made back to it. Not in the middle of a round: then the stake waits in the contract.
 * A wallet of the person's own is never asked here; it withdraws when its owner wants to.
 */
export async function withdrawStake(world: World, network: NetworkInfo, task: string, wallet: Hex): Promise<void> {
  const key = await ownKeyOf(world, network, wallet);
  if (key === undefined) return;
  const { connectChain } = await viem();
  try {
    await connectChain(network, world.sender.rpcFetch, key).withdraw(BigInt(task));
  } catch (error) {
    if (!(error instanceof MurmurError)) throw error;
  }
}

export async function addressOf(key: Bytes): Promise<Hex> {
  const { sessionAddress } = await viem();
  return sessionAddress(key);
}

/** 1000000000000000000 wei are 1 FLOCK. */
export async function formatFlock(wei: bigint): Promise<string> {
  const { formatEther } = await viem();
  return formatEther(wei);
}

function ownKeyOf(world: World, network: NetworkInfo, wallet: Hex): Promise<Bytes | undefined> {
  return localWalletKey(world.vault, networkName(network), wallet);
}

/** Asks the faucet. One that gave a moment ago, to an earlier try, is no hindrance as long as the money is there. */
async function fill(
  world: World,
  network: NetworkInfo,
  chain: AllianceClient,
  address: Hex,
  needed: bigint,
): Promise<void> {
  try {
    await askFaucet(world, address);
  } catch (error) {
    if (!hasCode(error, 'refused') || (await chain.balance(network.flock, address)) < needed) throw error;
  }
}

/** Whether a registration is for the session keys of this browser. */
export async function isOurs(
  chain: AllianceClient,
  task: string,
  id: number,
  { secret, channel }: SessionKeys,
): Promise<boolean> {
  const { sessionKey, channelKey } = await chain.registration(BigInt(task), id);
  return sessionKey === (await addressOf(secret)) && toHex(channelKey) === toHex(channel.publicKey);
}

async function registrationOf(chain: AllianceClient, task: string, wallet: Hex, { secret, channel }: SessionKeys) {
  check(fromHex(wallet).length === 20, 'the wallet has no address');
  const [{ timestamp }, nonce] = await Promise.all([chain.head(), chain.registrationNonce(wallet)]);
  return {
    task: BigInt(task),
    wallet,
    sessionKey: await addressOf(secret),
    channelKey: toHex(channel.publicKey),
    expiry: BigInt(timestamp) + EXPIRY_SECONDS,
    nonce,
    deadline: BigInt(timestamp) + DEADLINE_SECONDS,
  };
}
