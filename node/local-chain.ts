/**
 * The chain under the local network: anvil with saved state, the beacon's key, the contracts, and accounts with play money.
 * A second start finds all of it again.
 */
import { join } from 'node:path';
import { http, type LocalAccount, parseEther } from 'viem';
import type { BeaconSource } from '../relay/core/types.ts';
import { systemClock } from '../relay/server/start.ts';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import type { Hex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import { createLedger } from '../src/network/ledger.ts';
import { createSender, type Sender } from '../src/network/sender.ts';
import { CHAIN_ID, type SavedAnvil, startSavedAnvil } from './saved-anvil.ts';
import { type ChainEndpoint, connectChain } from './chain-access.ts';
import { deploy } from './deploy.ts';
import { chooseDeployment, type DeploymentPlaces } from './deployment.ts';
import { beaconPublicKey, createBeaconSecret, localBeacon } from './local-beacon.ts';
import { keepSecret } from './state-folder.ts';
import { walletOf } from './hospital.ts';

export interface LocalChainOptions {
  readonly stateFolder: string;
  readonly rpcPort: number;
  readonly blockTimeSeconds: number;
  readonly mixedMining: boolean;
}

export interface LocalChain {
  readonly places: DeploymentPlaces;
  readonly anvil: SavedAnvil;
  readonly endpoint: ChainEndpoint;
  readonly beaconAddress: Hex;
  readonly beacon: BeaconSource;
  readonly sender: Sender;
  /** creates tasks and pays their pools */
  readonly creator: AllianceClient;
  readonly creatorAddress: Hex;
  /** posts for the relay, with a deposit for its sums */
  readonly relay: AllianceClient;
  readonly faucetAccount: LocalAccount;
}

const BEACON_PERIOD_SECONDS = 1;
/** FLOCK wei that the roles of a new deployment own. */
const GENESIS = { creator: parseEther('100000000'), relay: parseEther('1000000'), faucet: parseEther('100000000') };
const RELAY_DEPOSIT = parseEther('1000');
const ROLE_ETH = parseEther('1000000');

/** @throws MurmurError unsupported without anvil, conflict when a port is taken */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const { stateFolder, rpcPort, blockTimeSeconds, mixedMining } = options;
  const places = await chooseDeployment(stateFolder, Math.floor(systemClock.now() / 1000));
  const anvil = await startSavedAnvil({ stateFile: places.chainState, port: rpcPort, blockTimeSeconds, mixedMining });
  try {
    return await deployOn(anvil, places, stateFolder);
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

async function deployOn(anvil: SavedAnvil, places: DeploymentPlaces, stateFolder: string): Promise<LocalChain> {
  const sender = createSender({ ledger: createLedger() });
  const account = async (role: string) =>
    walletOf(await keepSecret(keyFile(stateFolder, role), () => secureRandom(32)));
  const [creator, relay, faucet] = [await account('creator'), await account('relay'), await account('faucet')];
  for (const { address } of [creator, relay, faucet]) await setBalance(anvil.url, sender, address);
  const secret = await keepSecret(places.beaconKey, () => createBeaconSecret(secureRandom));
  const schedule = { genesis: places.record.beaconGenesis, periodSeconds: BEACON_PERIOD_SECONDS };
  const addresses = await deploy({
    transport: http(anvil.url, { fetchFn: sender.rpcFetch }),
    account: creator,
    pollingIntervalMs: 50,
    parameters: {
      beacon: {
        publicKey: beaconPublicKey(secret),
        genesis: BigInt(schedule.genesis),
        periodSeconds: schedule.periodSeconds,
        delaySeconds: 0,
      },
      genesis: [
        { to: creator.address, amount: GENESIS.creator },
        { to: relay.address, amount: GENESIS.relay },
        { to: faucet.address, amount: GENESIS.faucet },
      ],
      treasury: creator.address,
    },
  });
  const endpoint = { chainId: CHAIN_ID, rpcUrl: anvil.url, coordinator: addresses.coordinator, flock: addresses.flock };
  const relayClient = connectChain(endpoint, sender, relay);
  // The first deposit of the relay is the mark that its part of the deployment is done.
  if ((await relayClient.balance(addresses.flock, relay.address)) === GENESIS.relay) {
    await relayClient.approve(addresses.flock, RELAY_DEPOSIT);
    await relayClient.deposit(RELAY_DEPOSIT);
  }
  return {
    places,
    anvil,
    endpoint,
    beaconAddress: addresses.beacon,
    beacon: localBeacon(secret, schedule, systemClock),
    sender,
    creator: connectChain(endpoint, sender, creator),
    creatorAddress: creator.address.toLowerCase() as Hex,
    relay: relayClient,
    faucetAccount: faucet,
  };
}

function keyFile(stateFolder: string, role: string): string {
  return join(stateFolder, 'keys', `${role}.key`);
}

async function setBalance(url: string, sender: Sender, address: Hex): Promise<void> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'anvil_setBalance',
    params: [address, `0x${ROLE_ETH.toString(16)}`],
  });
  const headers = { 'content-type': 'application/json' };
  const response = await sender.rpcFetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
  const answer = (await response.json()) as { error?: { message: string } };
  if (answer.error) throw new MurmurError('internal', `anvil does not set a balance: ${answer.error.message}`);
}
