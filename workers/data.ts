/** The library of this browser as the page sees it: what is stored, what it was used for, and how it is forgotten. */
import { toHex, utf8 } from '../src/core/bytes.ts';
import { canonicalJson } from '../src/core/canonical-json.ts';
import { check, MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { type SiteRows, rowsOf } from '../src/dataset/row-sources.ts';
import { splitRows } from '../src/dataset/split.ts';
import { isSameCost } from '../src/privacy/budget.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type Book, costOf, spentOf, type TaskOnBook, tasksOf } from '../src/session/budget-book.ts';
import { clearDatabase, type StoredDataset } from '../src/storage/database.ts';
import type { StoredRows } from '../src/storage/library.ts';
import { bookOf } from './budget.ts';
import type { DatasetUse, DatasetView, DataSource } from './api/data.ts';
import type { NamedBlob } from './open-file.ts';
import { heldLocks, LOCK } from './lock.ts';
import { fetchFile, type World } from './world.ts';

/** The stored rows, split as they were when they were read: the split is a function of rows and seed. They stay where they are. */
export async function splitStored(rows: StoredRows, spec: TaskSpec): Promise<SiteRows> {
  const { train, heldOut } = await splitRows(rows, spec);
  return { train: rowsOf(rows, train), heldOut: rowsOf(rows, heldOut) };
}

/** Names the kind of data that a data set was read for. */
export async function schemaHash(data: TaskSpec['data']): Promise<string> {
  return toHex(await sha256(utf8(canonicalJson(data))));
}

/** @throws MurmurError bad-input for none or several */
export function onlyFile([file, ...others]: readonly NamedBlob[]): NamedBlob {
  check(
    file !== undefined && others.length === 0,
    'a table is one file',
    'Choose one file; put the rows of several together first.',
  );
  return file;
}

/** All files of a source, by their path within a chosen folder. @throws MurmurError bad-input, unreachable, not-found for a sample */
export async function openSources(
  world: World,
  source: DataSource,
  signal?: AbortSignal,
): Promise<readonly NamedBlob[]> {
  switch (source.kind) {
    case 'file':
      return [named(source.file)];
    case 'files':
      return source.files.map(named);
    case 'paste':
      return [{ name: 'pasted text', blob: new Blob([source.text]) }];
    case 'sample': {
      check(/^\/data\/[\w./-]+$/.test(source.path), 'a sample is a file of this page');
      const name = source.path.slice(source.path.lastIndexOf('/') + 1);
      return [{ name, blob: await fetchFile(world, source.path, signal) }];
    }
  }
}

function named(file: File): NamedBlob {
  return { name: file.webkitRelativePath || file.name, blob: file };
}

/** Newest first. @param schema only data sets that were read for these columns */
export async function listDatasets(world: World, schema?: string): Promise<readonly DatasetView[]> {
  const [all, book, participations, held] = await Promise.all([
    world.datasets.all(),
    bookOf(world),
    world.participations.all(),
    heldLocks(LOCK),
  ]);
  const active = participations.filter(({ id }) => held.includes(LOCK + id));
  const isActive = (use: TaskOnBook, { id }: StoredDataset) =>
    active.some(({ dataset, network, task }) => dataset === id && network === use.network && task === use.task);
  return all
    .filter((stored) => schema === undefined || stored.schema === schema)
    .sort((a, b) => b.readAtMs - a.readAtMs)
    .map((stored): DatasetView => {
      const { id, fileName, rows, droppedRows, columns, sizeBytes, readAtMs, rowsHash } = stored;
      // The same data may have been used under another name, read in another way, and before they were forgotten once.
      const uses = usesOf(book, rowsHash);
      const budget = spentOf(book, rowsHash);
      return {
        ...{ id, fileName, rows, droppedRows, columns, sizeBytes, readAtMs, budget },
        uses: uses
          .map((use) => useView(use, budget.limit.delta, isActive(use, stored)))
          .sort((a, b) => b.sinceMs - a.sinceMs),
      };
    });
}

/** Deletes what an earlier reading of the same file stored, unless it was used or is about to be. */
export async function dropReplaced(world: World, id: string): Promise<void> {
  const stored = await world.datasets.describe(id);
  if (stored === undefined) return;
  const [book, participations] = await Promise.all([bookOf(world), world.participations.all()]);
  const used =
    book.tasks.some((use) => use.rows === stored.rowsHash) || participations.some(({ dataset }) => dataset === id);
  if (!used) await world.datasets.delete(id);
}

/** @throws MurmurError conflict while a tab takes part */
export async function forgetEverything(world: World): Promise<void> {
  if ((await heldLocks(LOCK)).length > 0) {
    throw new MurmurError('conflict', 'a tab of this browser takes part in a task now', {
      hint: 'Leave the task in that tab first, then forget everything.',
    });
  }
  await clearDatabase(world.database);
}

/** The tasks of all rows that share these rows' budget, each once. */
function usesOf(book: Book, rows: string): readonly TaskOnBook[] {
  const uses: TaskOnBook[] = [];
  for (const use of tasksOf(book, rows)) {
    const at = uses.findIndex((known) => isSameCost(known, use));
    const known = uses[at];
    if (known === undefined) uses.push(use);
    else uses[at] = { ...known, rounds: [...known.rounds, ...use.rounds] };
  }
  return uses;
}

function useView(use: TaskOnBook, delta: number, active: boolean): DatasetUse {
  const { task, title, network, sinceMs, rounds } = use;
  const epsilon = costOf(use, delta);
  return { task, title, network, sinceMs, releases: rounds.length, active, ...(epsilon !== undefined && { epsilon }) };
}
