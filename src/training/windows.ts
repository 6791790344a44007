/**
 * Which rows a run trains on, and when they are there.
 *
 * - Rows in memory: every epoch is one window of all rows in a permutation.
 * - Rows that are read while the model trains (RowStream): a two-level shuffle, the CorgiPile of Xu et al. (SIGMOD 2022). An epoch
 *   visits the blocks in a permutation; as many as fit make a window, whose rows are shuffled once more. Every row is in every epoch once,
 *   and an epoch has as many batches as in memory: one may begin in a window and end in the next.
 * - DP-SGD: every step's own Poisson sample over ALL rows, as the accountant assumes; a sample larger than a window comes in several.
 *
 * The next window is on its way while one trains, and never more than that one: two are in memory. All draws come from the run's
 * generator in one order, whenever the reading ends, so that the same job gives the same weights again.
 */
import type { SeededRandom } from '../core/random.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import type { RowStream } from '../protocol/row-source.ts';
import type { Labels } from './losses.ts';
import { type RecordRandomness, sampleRecords } from './records.ts';

/** Rows that are asked for at one time. */
export interface Plan {
  readonly rows: Uint32Array;
  /** in which order of places they are used; as they stand without it */
  readonly order?: Uint32Array;
  /** the epoch, or the step of DP-SGD, ends with it */
  readonly ends: boolean;
}

/** Rows that are there: those at the places of `order`. */
export interface Window {
  /** their numbers in the job */
  readonly rows: Uint32Array;
  readonly features: Float32Array;
  readonly labels: Labels;
  readonly order: Uint32Array;
  readonly ends: boolean;
}

/** Named rows of a job, from memory or from its stream. */
export async function rowsOf(
  { features, labels, stream }: Pick<TrainerJob, 'features' | 'labels' | 'stream'>,
  rows: Uint32Array,
): Promise<Omit<Window, 'ends' | 'rows'>> {
  if (stream === undefined) return { features, labels, order: rows };
  return { ...(await stream.read(rows)), order: everyRow(rows.length) };
}

/** The windows of plans, one after the other; the next one is being read while the last one taken is used. */
export class Windows {
  readonly #job: TrainerJob;
  readonly #plans: Iterator<Plan, undefined>;
  #ahead: Promise<Window> | undefined;

  constructor(job: TrainerJob, plans: Iterator<Plan, undefined>) {
    this.#job = job;
    this.#plans = plans;
    this.#ahead = this.#begin();
  }

  /** Undefined after the last one. Let go of the one before: it would be a third in memory. */
  async take(): Promise<Window | undefined> {
    const window = await this.#ahead;
    this.#ahead = window && this.#begin();
    return window;
  }

  #begin(): Promise<Window> | undefined {
    const { value: plan } = this.#plans.next();
    if (plan === undefined) return undefined;
    const { ends, order, rows } = plan;
    const window = rowsOf(this.#job, rows).then((read) => ({ ...read, ...(order && { order }), rows, ends }));
    // A run that ends earlier asks for it no more.
    window.catch(() => undefined);
    return window;
  }
}

/** What SGD visits in that many steps. */
export function* epochPlans(
  { rows, stream }: Pick<TrainerJob, 'rows' | 'stream'>,
  { steps, batchSize, random }: { readonly steps: number; readonly batchSize: number; readonly random: SeededRandom },
): Generator<Plan, undefined> {
  let [made, begun] = [0, 0];
  while (made < steps) {
    for (const plan of stream === undefined ? wholeEpoch(rows, random) : shuffledBlocks(stream, random)) {
      yield plan;
      begun += plan.rows.length;
      const batches = plan.ends ? Math.ceil(begun / batchSize) : Math.floor(begun / batchSize);
      made += batches;
      begun = plan.ends ? 0 : begun - batches * batchSize;
      if (made >= steps) break;
    }
  }
  return undefined;
}

/**
 * What the steps of DP-SGD draw.
 * @param together records that are clipped together: no window cuts such a group in two
 */
export function* samplePlans(
  { rows, stream, records }: Pick<TrainerJob, 'rows' | 'stream' | 'records'>,
  { steps, together, random }: { steps: number; together: number; random: RecordRandomness['random'] },
): Generator<Plan, undefined> {
  const most = stream && Math.max(1, Math.floor(stream.windowRows / together)) * together;
  for (let step = 0; step < steps; step++) {
    const picked = sampleRecords(rows, records?.rate ?? 0, random);
    const size = most ?? Math.max(1, picked.length);
    let from = 0;
    do {
      const to = Math.min(picked.length, from + size);
      yield { rows: picked.subarray(from, to), ends: to === picked.length };
      from = to;
    } while (from < picked.length);
  }
  return undefined;
}

/** At most that many rows for a loss: any in memory; of a stream, those of a few blocks, so that not all of them are read for it. */
export function lossRows(
  { rows, stream }: Pick<TrainerJob, 'rows' | 'stream'>,
  most: number,
  random: SeededRandom,
): Uint32Array {
  if (stream === undefined) return random.permutation(rows).subarray(0, most);
  const blocks = random.permutation(stream.starts.length - 1);
  const count = Math.min(most, stream.windowRows);
  const taken = blocks.subarray(0, blocksWithin(stream.starts, blocks, 0, count));
  return rowsOfBlocks(stream.starts, taken).subarray(0, count);
}

export function everyRow(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, i) => i);
}

function* wholeEpoch(rows: number, random: SeededRandom): Generator<Plan> {
  yield { rows: random.permutation(rows), ends: true };
}

function* shuffledBlocks({ starts, windowRows }: RowStream, random: SeededRandom): Generator<Plan> {
  const blocks = random.permutation(starts.length - 1);
  for (let from = 0; from < blocks.length;) {
    const to = blocksWithin(starts, blocks, from, windowRows);
    // In the order in which they lie; what order they are used in is drawn anew.
    const rows = rowsOfBlocks(starts, blocks.slice(from, to).sort());
    yield { rows, order: random.permutation(rows.length), ends: to === blocks.length };
    from = to;
  }
}

/** Where blocks from a place on have as many rows as fit; one at least. */
function blocksWithin(starts: Uint32Array, blocks: Uint32Array, from: number, rows: number): number {
  let to = from;
  for (let count = 0; to < blocks.length; to++) {
    const block = blocks[to] as number;
    count += (starts[block + 1] as number) - (starts[block] as number);
    if (count > rows && to > from) break;
  }
  return to;
}

function rowsOfBlocks(starts: Uint32Array, blocks: Uint32Array): Uint32Array {
  const parts = Array.from(blocks, (block) => [starts[block] as number, starts[block + 1] as number] as const);
  const rows = new Uint32Array(parts.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const [from, to] of parts) for (let row = from; row < to; row++) rows[at++] = row;
  return rows;
}
