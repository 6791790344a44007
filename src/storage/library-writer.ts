/**
 * Rows on their way into the library: each block is sealed and stored while the next ones are read, and the record that makes a data
 * set of them comes last. A writer holds a Web Lock for as long as it writes, so that another tab can tell blocks that are being
 * written from those that a closed tab left behind, and sweep the latter away.
 */
import { type Bytes, concatBytes, littleEndianBytes, toHex } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { PieceHash } from '../core/piece-hash.ts';
import type { RowBlock, RowSource } from '../protocol/row-source.ts';
import type { Database, StoredDataset } from './database.ts';
import {
  CLASSES,
  type LabelForm,
  ONE_BYTE,
  blockName,
  blocksOf,
  labelForm,
  openRows,
  packed,
  rowsPerBlock,
} from './library-blocks.ts';
import type { Vault } from './vault.ts';

const LOCK = 'murmur/writing/';

/** What a data set is called; the rest follows from its rows. */
export type DatasetFacts = Pick<StoredDataset, 'fileName' | 'schema' | 'columns' | 'droppedRows' | 'readAtMs'>;

export interface LibraryWriter {
  /**
   * Begins to store a block.
   * @param block exactly {@link rowsPerBlock} rows, except the last one; its arrays must not change any more
   */
  add(block: RowBlock): void;
  /** Waits until all blocks so far are stored: a reader that waits now and then never runs ahead of the disk. @throws MurmurError too-large */
  settled(): Promise<void>;
  /** What was added so far, to be read again. */
  rows(): Promise<RowSource>;
  /** Makes a data set of the blocks; the same rows for the same schema are the same data set, and keep their id. */
  finish(facts: DatasetFacts): Promise<StoredDataset>;
  /** Takes back all that was stored, unless it was finished. */
  abort(): Promise<void>;
}

interface Written {
  readonly digest: Bytes;
  readonly sizeBytes: number;
}

export function openWriter(database: Database, vault: Vault): LibraryWriter {
  const id = crypto.randomUUID();
  const written: Promise<Written>[] = [];
  const classes: Uint8Array[] = [];
  const hashes = { features: new PieceHash(), labels: new PieceHash() };
  let lock: Promise<() => void> | undefined;
  let rows = 0;
  let width = 0;
  let form = ONE_BYTE;
  let lastRows: number | undefined;
  /** finished or taken back */
  let isOver = false;

  async function begin(): Promise<() => void> {
    const release = await holdLock(LOCK + id);
    await sweep(database);
    return release;
  }

  async function store(index: number, bytes: Bytes): Promise<Written> {
    const [sealed, digest] = await Promise.all([vault.seal(blockName(id, index), bytes), sha256(bytes)]);
    await lock;
    try {
      await database.connection().put('blocks', sealed, [id, index]);
    } catch (cause) {
      if (!(cause instanceof DOMException && cause.name === 'QuotaExceededError')) throw cause;
      throw new MurmurError('too-large', 'the browser gives this page no more room to store rows', {
        hint: 'Free space on this device, forget data sets that you no longer need, or use a smaller file.',
        cause,
      });
    }
    return { digest, sizeBytes: sealed.sealed.length };
  }

  async function settled(): Promise<void> {
    await Promise.all([...written, hashes.features.settled(), hashes.labels.settled()]);
  }

  async function end(): Promise<void> {
    const release = await lock?.catch(() => undefined);
    release?.();
  }

  async function abort(): Promise<void> {
    if (isOver) return;
    isOver = true;
    await Promise.allSettled(written);
    await database.connection().delete('blocks', blocksOf(id));
    await end();
  }

  return {
    add(block) {
      check(!isOver, 'the writer has ended');
      const blockForm = labelForm(block);
      const full = rowsPerBlock(block.width, blockForm.perRow * blockForm.bytes);
      check(block.rows > 0 && block.rows <= full && (lastRows ?? full) === full, 'a block has another number of rows');
      check(rows === 0 || block.width === width, 'the blocks differ in width');
      check(rows === 0 || sameForm(blockForm, form), 'the blocks differ in their labels');
      lock ??= begin();
      lock.catch(() => undefined);
      hashes.features.update(littleEndianBytes(block.features));
      hashes.labels.update(bytesOf(block.labels));
      if (sameForm(blockForm, ONE_BYTE)) classes.push(block.labels.slice() as Uint8Array);
      const done = store(written.length, packed(block));
      // Whoever waits hears of it; nobody may.
      done.catch(() => undefined);
      written.push(done);
      lastRows = block.rows;
      rows += block.rows;
      width = block.width;
      form = blockForm;
    },
    settled,
    async rows() {
      await settled();
      return openRows(database, vault, { id, rows, width, form });
    },
    async finish(facts) {
      try {
        const stored = await Promise.all(written);
        const rowsHash = toHex(await sha256(concatBytes(...stored.map(({ digest }) => digest))));
        const digests = { features: await hashes.features.digest(), labels: await hashes.labels.digest() };
        const contentHash = toHex(await sha256(digests.features, digests.labels));
        const sizeBytes = stored.reduce((sum, block) => sum + block.sizeBytes, 0);
        const isOneByte = sameForm(form, ONE_BYTE);
        const sealedClasses = isOneByte ? await vault.seal(blockName(id, CLASSES), concatBytes(...classes)) : undefined;
        const fresh: StoredDataset = {
          ...{ ...facts, id, rowsHash, contentHash, digests, rows, width, sizeBytes, blocks: stored.length },
          ...(!isOneByte && { labels: form }),
        };
        const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
        const datasets = transaction.objectStore('datasets');
        const known = (await datasets.getAll()).find(
          (one) => one.contentHash === contentHash && one.schema === facts.schema,
        );
        const { fileName, droppedRows, readAtMs } = facts;
        const dataset = known === undefined ? fresh : { ...known, fileName, droppedRows, readAtMs };
        const blocks = transaction.objectStore('blocks');
        await Promise.all([
          datasets.put(dataset),
          known !== undefined && blocks.delete(blocksOf(id)),
          known === undefined && sealedClasses !== undefined && blocks.put(sealedClasses, [id, CLASSES]),
          transaction.done,
        ]);
        isOver = true;
        await end();
        return dataset;
      } catch (error) {
        await abort();
        throw error;
      }
    },
    abort,
  };
}

function sameForm(a: LabelForm, b: LabelForm): boolean {
  return a.perRow === b.perRow && a.bytes === b.bytes;
}

function bytesOf(labels: RowBlock['labels']): Uint8Array {
  return labels instanceof Uint8Array ? labels : littleEndianBytes(labels);
}

/** Takes a lock that nobody else asks for. @returns the way to give it back */
function holdLock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

/** Deletes blocks that belong to no data set and that nobody is writing. */
async function sweep(database: Database): Promise<void> {
  const ids = await idsOfBlocks(database);
  if (ids.length === 0) return;
  // Asked after the ids: whoever wrote one of these blocks held its lock before, and has either finished or still holds it.
  const { held = [] } = await navigator.locks.query();
  const names = new Set(held.map(({ name }) => name));
  const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
  const known = new Set(await transaction.objectStore('datasets').getAllKeys());
  const orphans = ids.filter((id) => !known.has(id) && !names.has(LOCK + id));
  await Promise.all([...orphans.map((id) => transaction.objectStore('blocks').delete(blocksOf(id))), transaction.done]);
}

async function idsOfBlocks(database: Database): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const last = ids.at(-1);
    const range = last === undefined ? undefined : IDBKeyRange.lowerBound([last, Infinity], true);
    const key = await database.connection().getKey('blocks', range ?? IDBKeyRange.lowerBound(['', CLASSES]));
    if (key === undefined) return ids;
    ids.push(key[0]);
  }
}
