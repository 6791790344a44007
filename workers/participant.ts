/** The participant's worker: it outlives every page view of its tab, and goes on while the tab is hidden. */
import { expose } from 'comlink';
import { fromHex, type Hex, toHex } from '../src/core/bytes.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import type { NetworkInfo, ParticipantApi, Snapshot } from './api.ts';
import {
  addressOf,
  registerLocally,
  registrationCall,
  requestRegistration,
  requireRegistration,
  withdrawStake,
} from './chain.ts';
import { readData } from './data.ts';
import { localWalletKey, makeLocalWalletKey, requireLocalWalletKey } from './keys.ts';
import { Overview } from './overview.ts';
import { datasetName, Participation } from './participation.ts';
import { countReceived } from './received.ts';
import { openTotals, type Totals, viewOf } from './totals.ts';
import { networkName, openWorld, readNetwork, type World } from './world.ts';
import './transfer.ts';

/** The page is told at most this often. */
const TELL_MS = 100;

interface Parts {
  readonly world: World;
  readonly participation: Participation;
  readonly overview: Overview;
  readonly totals: Totals;
}

let parts: Promise<Parts> | undefined;
let network: NetworkInfo | undefined;
let listener: ((snapshot: Snapshot) => void) | undefined;
let telling: ReturnType<typeof setTimeout> | undefined;
const received = countReceived(() => tellSoon());

async function open(): Promise<Parts> {
  const world = await openWorld();
  const totals = await openTotals(world.kept, world.ledger);
  world.ledger.subscribe(() => tellSoon());
  return { world, participation: new Participation(world, tellSoon), overview: new Overview(world), totals };
}

function opened(): Promise<Parts> {
  parts ??= open().catch((error: unknown) => {
    parts = undefined;
    throw error;
  });
  return parts;
}

async function connected(signal?: AbortSignal): Promise<Parts & { network: NetworkInfo }> {
  const all = await opened();
  network ??= await readNetwork(all.world, signal);
  await all.participation.attach(network);
  return { ...all, network };
}

function tellSoon(): void {
  telling ??= setTimeout(() => {
    telling = undefined;
    void tell();
  }, TELL_MS);
}

async function tell(): Promise<void> {
  const { participation, totals } = await opened();
  listener?.({ ...participation.view(), ledger: totals.now(received.bytes) });
}

const api: ParticipantApi = {
  async watch(next) {
    listener = next;
    // Without a network there is no participation to find; the page shows that error where it reads the network.
    await connected().catch((error: unknown) => {
      if (!hasCode(error, 'unreachable')) throw error;
    });
    await tell();
  },
  async view(signal) {
    const { world, overview, participation } = await connected(signal);
    network = await readNetwork(world, signal);
    return overview.view(network, participation.task, signal);
  },
  async localWallet() {
    const { world, network } = await connected();
    const key = await localWalletKey(world.vault, networkName(network));
    return key && addressOf(key);
  },
  async makeLocalWallet() {
    const { world, network } = await connected();
    if (!network.local) throw new MurmurError('refused', 'a wallet is made in the page on a local network only');
    return addressOf(await makeLocalWalletKey(world.vault, networkName(network)));
  },
  async exportLocalWallet() {
    const { world, network } = await connected();
    return toHex(await requireLocalWalletKey(world.vault, networkName(network)));
  },
  async readData(task, source, signal) {
    const { world, network, overview } = await connected(signal);
    return readData(world, datasetName(network, task), await overview.spec(network, task, signal), source, signal);
  },
  async requestRegistration(task, wallet) {
    const { world, network } = await connected();
    return requestRegistration(world, network, task, wallet);
  },
  async registrationCall(request, signature) {
    const { network } = await connected();
    return registrationCall(network, request, signature);
  },
  async join(task, own) {
    const { world, network, participation } = await connected();
    if (own !== undefined) {
      await participation.join(network, task, own, () => requireRegistration(world, network, task, own));
      return;
    }
    const key = await requireLocalWalletKey(world.vault, networkName(network));
    const wallet = await addressOf(key);
    await participation.join(network, task, wallet, () => registerLocally(world, network, task, key));
  },
  async pause() {
    const { network, participation } = await connected();
    await participation.pause(network);
  },
  async resume() {
    const { network, participation } = await connected();
    await participation.resume(network);
  },
  async leave() {
    const { world, network, participation } = await connected();
    const left = await participation.leave(network);
    if (left !== undefined) await withdrawStake(world, network, left.task, left.wallet as Hex);
  },
  async ledger(count) {
    const { world } = await opened();
    return (await world.kept.latest(count)).map(viewOf);
  },
  async model(hash) {
    const { network, overview } = await connected();
    fromHex(hash, 32);
    return overview.model(network, hash);
  },
};

expose(api);
