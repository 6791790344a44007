/**
 * A person's file into the library: one pass in pieces, rows encoded and sealed while the next piece is read. Nothing of the file is
 * kept but the encoded rows, and those only when no finding stands in the way.
 */
import { cancelled } from '../src/core/clock.ts';
import { MurmurError } from '../src/core/errors.ts';
import { createDecoder, detectEncoding, HEAD_BYTES } from '../src/dataset/encoding.ts';
import { type Head, mend, planFor } from '../src/dataset/plan-for.ts';
import { ReadingPass } from '../src/dataset/reading.ts';
import type { FileEncoding } from '../src/dataset/reading-plan.ts';
import { isReady, reportOn } from '../src/dataset/report.ts';
import { type TaskSpec } from '../src/protocol/task-spec.ts';
import { featureWidth, tableOf } from '../src/protocol/target.ts';
import { type Library, rowsPerBlock } from '../src/storage/library.ts';
import type { Progress, ReadingOrder, TableReading } from './api/data.ts';
import { type NamedBlob, unpacked } from './open-file.ts';

/** Bytes that are fetched from a file at once. */
const PIECE_BYTES = 1_048_576;
/** Bytes that are text at once: with few, their cells are gone before the garbage collector would move them to a place for longer. */
const TEXT_BYTES = 65_536;

export interface ImportOptions {
  readonly library: Library;
  readonly spec: Pick<TaskSpec, 'data' | 'heldOut'>;
  /** SHA-256 of the schema's canonical JSON */
  readonly schema: string;
  readonly order: ReadingOrder;
  readonly nowMs: number;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a file by a plan, or by the one that fits best, and stores its rows when nothing stands in the way.
 * @throws MurmurError bad-input for what is no table, too-large, cancelled, not-found when the file is gone
 */
export async function importFile(chosen: NamedBlob, options: ImportOptions): Promise<TableReading> {
  const { library, spec, schema, order, nowMs } = options;
  const { name, blob } = await unpacked(chosen, options.signal);
  const data = tableOf(spec.data);
  const file = await openPieces(blob, options);
  const known = order.plan ?? planFor(data, file.head(file.encoding));
  const plan = mend(data, known, order.repairs ?? [], file.head);
  const writer = library.write();
  const pass = new ReadingPass(data, plan, {
    rows: rowsPerBlock(featureWidth(data)),
    onBlock: (block) => writer.add(block),
  });
  for await (const text of file.texts(plan.encoding)) {
    pass.push(text);
    if (pass.done) break;
  }
  const result = pass.end();
  const head = file.head(plan.encoding).text;
  const report = reportOn(data, spec.heldOut, plan, result, { fileName: name, sizeBytes: blob.size, head });
  if (!isReady(report)) return { report };
  const columns = data.columns.map((column) => column.name);
  const { droppedRows } = report;
  const stored = await writer.finish({ fileName: name, schema, columns, droppedRows, readAtMs: nowMs });
  return { report, dataset: stored.id };
}

interface Pieces {
  readonly encoding: FileEncoding;
  /** the beginning as text */
  head(encoding: FileEncoding): Head;
  texts(encoding: FileEncoding): AsyncIterable<string>;
}

/** A file by pieces; the next one is on its way while one is used. Bytes that are no text are refused after the first piece. */
async function openPieces(
  blob: Blob,
  { onProgress, signal }: Pick<ImportOptions, 'onProgress' | 'signal'>,
): Promise<Pieces> {
  const first = await readPiece(blob, 0, signal);
  const head = first.subarray(0, HEAD_BYTES);
  const encoding = detectEncoding(head);
  return {
    encoding,
    head: (other) => ({
      text: createDecoder(other)(head),
      encoding: other,
      whole: blob.size <= HEAD_BYTES,
    }),
    async *texts(other) {
      const decode = createDecoder(other);
      let piece = first;
      for (let at = first.length; ; at += piece.length) {
        const next = at < blob.size ? readPiece(blob, at, signal) : undefined;
        next?.catch(() => undefined);
        onProgress?.(at, blob.size);
        for (let from = 0; from < piece.length; from += TEXT_BYTES)
          yield decode(piece.subarray(from, from + TEXT_BYTES));
        if (next === undefined) break;
        piece = await next;
      }
      yield decode();
    },
  };
}

async function readPiece(blob: Blob, at: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (signal?.aborted) throw cancelled();
  try {
    const bytes = new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer());
    if (signal?.aborted) throw cancelled();
    return bytes;
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    throw new MurmurError('not-found', 'the file cannot be read any more: it was moved, deleted or changed', {
      hint: 'Choose the file again.',
      cause,
    });
  }
}
