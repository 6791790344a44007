/** The participant's worker: it outlives every page view of its tab, and goes on while the tab is hidden. Calls lie in workers/calls. */
import { expose } from 'comlink';
import { throwIfCancelled } from '../src/core/clock.ts';
import { hasCode } from '../src/core/errors.ts';
import type { NetworkInfo } from './api/network.ts';
import type { ParticipantApi } from './api/participant.ts';
import type { Snapshot } from './api/participation.ts';
import { createCalls } from './calls/create.ts';
import { dataCalls } from './calls/data.ts';
import { ledgerCalls } from './calls/ledger.ts';
import { participationCalls } from './calls/participation.ts';
import { tasksCalls } from './calls/tasks.ts';
import { walletsCalls } from './calls/wallets.ts';
import { workbenchCalls } from './calls/workbench.ts';
import type { Context, Parts } from './context.ts';
import { openLedgerBook } from './ledger-book.ts';
import { Participation } from './participation.ts';
import { countReceived } from './received.ts';
import { TaskReader } from './task-reader.ts';
import { openWorld, readNetwork, type World } from './world.ts';
import '../src/threads/transfer.ts';

/** The page is told at most this often. */
const TELL_MS = 100;
/** A network that does not describe itself within this time counts as out of reach. */
const NETWORK_MS = 15_000;

let parts: Promise<Parts> | undefined;
let network: NetworkInfo | undefined;
let reading: Promise<NetworkInfo> | undefined;
let mine: string | undefined;
let listener: ((snapshot: Snapshot) => void) | undefined;
let telling: ReturnType<typeof setTimeout> | undefined;
const received = countReceived(() => tellSoon());

async function open(): Promise<Parts> {
  // Both are needed for anything that is shown of the network; on a slow line they come while the stores open.
  void import('./viem.ts').catch(() => undefined);
  const world = await openWorld();
  const ledger = openLedgerBook(world.kept);
  world.ledger.subscribe(() => tellSoon());
  return { world, participation: new Participation(world, tellSoon), tasks: new TaskReader(world), ledger };
}

const context: Context = {
  opened() {
    parts ??= open().catch((error: unknown) => {
      parts = undefined;
      throw error;
    });
    return parts;
  },
  async connected(signal) {
    const all = await context.opened();
    const known = network ?? (await readOnce(all.world, signal));
    await all.participation.attach(known, mine);
    return { ...all, network: known };
  },
  async refreshed(signal) {
    const all = await context.opened();
    const read = await readOnce(all.world, signal);
    await all.participation.attach(read, mine);
    return { ...all, network: read };
  },
};

/** All who ask at the same time share one reading. */
async function readOnce(world: World, signal: AbortSignal | undefined): Promise<NetworkInfo> {
  reading ??= readNetwork(world, AbortSignal.timeout(NETWORK_MS))
    .then((read) => (network = read))
    .finally(() => (reading = undefined));
  const read = await reading;
  throwIfCancelled(signal);
  return read;
}

function tellSoon(): void {
  telling ??= setTimeout(() => {
    telling = undefined;
    void tell();
  }, TELL_MS);
}

async function tell(): Promise<void> {
  const { participation, ledger } = await context.opened();
  listener?.({ ...participation.view(), ledger: await ledger.totals(received.bytes) });
}

const api: ParticipantApi = {
  ...createCalls(context),
  ...dataCalls(context),
  ...ledgerCalls(context),
  ...participationCalls(context),
  ...tasksCalls(context),
  ...walletsCalls(context),
  ...workbenchCalls(context),
  async watch(next, own) {
    listener = next;
    mine = own;
    // Without a network there is no participation to find; the page shows that error where it reads the network.
    await context.connected().catch((error: unknown) => {
      if (!hasCode(error, 'unreachable')) throw error;
    });
    await tell();
  },
};

expose(api);
