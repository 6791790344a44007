/** The budget of this browser's data sets: its book beside the library, and what the session and the page are told of it. */
import { toHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { type Book, type OwnersLimit, readBook, withLimit, withSource, writeBook } from '../src/session/budget-book.ts';
import { type DataBudget, openDataBudget, taskCost } from '../src/session/data-budget.ts';
import type { StoredDataset } from '../src/storage/database.ts';
import type { NetworkInfo } from './api/network.ts';
import type { NamedBlob } from './open-file.ts';
import type { TaskTerms } from './task-reader.ts';
import { clock, networkName, type World } from './world.ts';

const PIECE_BYTES = 1_048_576;

export async function bookOf({ book }: World): Promise<Book> {
  return readBook(await book.read());
}

/** The budget of a stored data set in a task. @throws MurmurError not-found when the rows are gone */
export async function taskBudget(
  world: World,
  network: Pick<NetworkInfo, 'chainId' | 'coordinator'>,
  { task, dataset, wallet }: { readonly task: string; readonly dataset: string; readonly wallet: string },
  { spec, parameters }: Pick<TaskTerms, 'spec' | 'parameters'>,
): Promise<DataBudget> {
  const { rowsHash: rows } = await stored(world, dataset);
  const cost = taskCost(spec, parameters, { task, network: networkName(network) });
  return openDataBudget({ store: world.book, rows, spec, cost, wallet, now: clock.now });
}

/** @throws MurmurError not-found; bad-input for a limit that means nothing */
export async function setLimit(world: World, dataset: string, limit: OwnersLimit): Promise<void> {
  const { rowsHash } = await stored(world, dataset);
  await world.book.update((bytes) => writeBook(withLimit(readBook(bytes), rowsHash, limit)));
}

/** Notes which files a data set was read from, so that another reading of the same ones has the same budget. */
export async function noteSource(world: World, dataset: string, files: readonly NamedBlob[]): Promise<void> {
  const { rowsHash } = await stored(world, dataset);
  const source = await sourceOf(files);
  await world.book.update((bytes) => writeBook(withSource(readBook(bytes), rowsHash, source)));
}

/** A hash of the bytes of all files, whatever they are called and in whatever order they come. */
async function sourceOf(files: readonly NamedBlob[]): Promise<string> {
  const digests: string[] = [];
  for (const { blob } of files) digests.push(await digestOf(blob));
  return toHex(await sha256(new TextEncoder().encode(digests.toSorted().join(' '))));
}

/** Piece by piece, as a file may be larger than the memory. */
async function digestOf(blob: Blob): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < blob.size; at += PIECE_BYTES)
    pieces.push(await sha256(new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer())));
  return toHex(await sha256(...pieces));
}

async function stored(world: World, dataset: string): Promise<StoredDataset> {
  const about = await world.datasets.describe(dataset);
  if (about === undefined) throw new MurmurError('not-found', 'this file is no longer stored in this browser');
  return about;
}
