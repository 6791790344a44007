/** What a participation in a tab is built from: stores of this browser, the way out with its ledger, the network's addresses. */
import * as v from 'valibot';
import type { Hex } from '../src/core/bytes.ts';
import { cancelled, type Clock } from '../src/core/clock.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import { createLedger, type Ledger, type LedgerEntry } from '../src/network/ledger.ts';
import { createSender, type Sender } from '../src/network/sender.ts';
import type { BookStore } from '../src/protocol/ports.ts';
import { openBook } from '../src/storage/book.ts';
import { type Database, openDatabase, type StoredLedgerEntry } from '../src/storage/database.ts';
import { type ParticipationStore, openParticipations } from '../src/storage/idb.ts';
import { type LedgerStore, openLedger } from '../src/storage/ledger-store.ts';
import { type Library, openLibrary } from '../src/storage/library.ts';
import { type Vault, openVault } from '../src/storage/vault.ts';
import type { NetworkInfo } from './api/network.ts';

export interface World {
  readonly database: Database;
  readonly datasets: Library;
  /** what was spent of the data sets */
  readonly book: BookStore;
  readonly participations: ParticipationStore;
  readonly vault: Vault;
  readonly ledger: Ledger;
  /** what left before a reload too */
  readonly kept: LedgerStore;
  readonly sender: Sender;
}

export const clock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(cancelled());
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, durationMs);
      const stop = () => {
        clearTimeout(timer);
        reject(cancelled());
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

export async function openWorld(): Promise<World> {
  const database = await openDatabase();
  const kept = openLedger(database);
  const vault = openVault(database, secureRandom);
  const ledger = createLedger({ persist: (entry) => kept.append(storedEntry(entry)) });
  return {
    database,
    datasets: openLibrary(database, vault),
    book: openBook(database),
    participations: openParticipations(database),
    vault,
    ledger,
    kept,
    sender: createSender({ ledger }),
  };
}

function storedEntry({ timeMs, destination, method, sizeBytes, kind, sha256, about }: LedgerEntry): StoredLedgerEntry {
  return { timeMs, destination, method, sizeBytes, kind, sha256, ...about };
}

const address = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{40}$/),
  v.transform((text) => text as Hex),
);
const NetworkSchema = v.object({
  chainId: v.pipe(v.number(), v.integer(), v.minValue(1)),
  rpcUrl: v.string(),
  relayUrl: v.string(),
  coordinator: address,
  flock: address,
  beacon: address,
  openTask: v.pipe(v.string(), v.regex(/^[0-9]{1,78}$/)),
  local: v.boolean(),
});

/**
 * The network that serves this page; its addresses become absolute.
 * @throws MurmurError unreachable
 */
export async function readNetwork(world: World, signal?: AbortSignal): Promise<NetworkInfo> {
  const text = await fetchText(world, '/network.json', signal).catch((error: unknown) => {
    if (!hasCode(error, 'not-found')) throw error;
    throw new MurmurError('unreachable', 'there is no network behind this page', { cause: error });
  });
  const result = v.safeParse(NetworkSchema, parseJson(text));
  if (!result.success)
    throw new MurmurError('bad-input', 'the network describes itself in a way that this page does not know');
  const { rpcUrl, relayUrl } = result.output;
  return {
    ...result.output,
    rpcUrl: new URL(rpcUrl, location.origin).href,
    relayUrl: new URL(relayUrl, location.origin).href.replace(/\/$/, ''),
  };
}

/** Stored things are kept apart by chain and contract. */
export function networkName({ chainId, coordinator }: Pick<NetworkInfo, 'chainId' | 'coordinator'>): string {
  return `${chainId}-${coordinator.toLowerCase()}`;
}

/**
 * A text file of this page's own origin.
 * @throws MurmurError unreachable, not-found
 */
async function fetchText(world: World, path: string, signal?: AbortSignal): Promise<string> {
  return (await fetchFile(world, path, signal)).text();
}

/**
 * A file of this page's own origin.
 * @throws MurmurError unreachable, not-found
 */
export async function fetchFile({ sender }: World, path: string, signal?: AbortSignal): Promise<Blob> {
  let response;
  try {
    response = await sender.fetchAs('download of a page file')(
      new URL(path, location.origin),
      signal ? { signal } : {},
    );
  } catch (cause) {
    throw new MurmurError('unreachable', `${path} could not be fetched`, { cause });
  }
  if (!response.ok) {
    throw new MurmurError(
      response.status === 404 ? 'not-found' : 'unreachable',
      `${path} was answered with ${response.status}`,
    );
  }
  return response.blob();
}

/**
 * Asks a local network for play money.
 * @throws MurmurError unreachable, refused
 */
export async function askFaucet({ sender }: Pick<World, 'sender'>, wallet: Hex): Promise<void> {
  let response;
  try {
    response = await sender.fetchAs('faucet request (wallet address)')(new URL('/faucet', location.origin), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address: wallet }),
    });
  } catch (cause) {
    throw new MurmurError('unreachable', 'the faucet of this network does not answer', { cause });
  }
  if (!response.ok) throw new MurmurError('refused', `the faucet answered with ${response.status}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MurmurError('bad-input', 'the network answers with something that is not JSON', { cause });
  }
}
