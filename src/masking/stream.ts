/**
 * Sums of AES-128-CTR key streams and packed vectors over one layout: the hot path of masking and unmasking
 * (docs/protocol.md, section 8).
 *
 * Stream byte i masks packed byte i, so any byte range can be worked out alone: {@link splitJob} cuts a sum into jobs
 * that workers do apart, and {@link sumStreams} goes through its range piece by piece. Memory stays bounded (about 1 MB
 * beside inputs and output, whatever the vector's length and the number of streams); several WebCrypto calls are in
 * flight while the kernel adds what has arrived. The result is exact modulo 2^width in every coordinate, with zero
 * padding. Key streams are wiped from the kernel's memory; WebCrypto's own buffers are left to the garbage collector.
 */
import type { Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { layoutBytes, segmentBytes, type Layout } from '../protocol/layout.ts';
import { LANES, MAX_VECTORS, VECTOR_BYTES, acquireKernel, releaseKernel, type Kernel } from './kernel.ts';

export type Sign = 1 | -1;

export interface KeyStream {
  /** AES-128 key, 16 bytes */
  readonly key: Bytes;
  readonly sign: Sign;
}

export interface Addend {
  /** packed bytes of exactly the job's range */
  readonly packed: Bytes;
  readonly sign: Sign;
}

/** A sum over the byte range [start, end) of a packed layout. Plain data: it survives structured clone. */
export interface StreamJob {
  readonly layout: Layout;
  /** 0, or a cut made by {@link splitJob} */
  readonly start: number;
  readonly end: number;
  readonly streams: readonly KeyStream[];
  readonly addends: readonly Addend[];
}

/** Opens a key's AES-128-CTR stream (counter block 0 at offset 0); the reader is asked at offsets that are multiples of 16. */
export type OpenStream = (key: Bytes) => Promise<StreamReader>;
export type StreamReader = (offset: number, lengthBytes: number) => Promise<Bytes>;

export interface SumOptions {
  readonly signal?: AbortSignal | undefined;
  /** called with the done fraction, 0..1 */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** where key stream comes from; {@link webCryptoStream} unless a host has something faster (Node's cipher.update, in a thread) */
  readonly openStream?: OpenStream | undefined;
}

/** Most bytes of one WebCrypto call: enough that the call costs little, few enough that everything stays in the second-level cache. */
export const RANGE_BYTES = 73_728;
/** Groups of {@link LANES} calls in flight. */
const GROUPS_IN_FLIGHT = 2;
/** WebCrypto calls in flight. */
export const CALLS_IN_FLIGHT = GROUPS_IN_FLIGHT * LANES;
const AES_BLOCK_BYTES = 16;
const DIGIT_BITS = 16;

/** Consecutive coordinates of one segment. */
interface Piece {
  readonly startByte: number;
  readonly length: number;
  readonly width: number;
}

/** Consecutive pieces that are summed at one go. */
interface Range {
  readonly startByte: number;
  readonly endByte: number;
  readonly pieces: readonly Piece[];
}

/** Cuts a layout: small segments together, large ones at whole coordinates and whole AES blocks of the segment. */
export function planRanges(layout: Layout, rangeBytes = RANGE_BYTES): Range[] {
  const ranges: Range[] = [];
  let pieces: Piece[] = [];
  let rangeStart = 0;
  let at = 0;
  const close = () => {
    if (pieces.length > 0) ranges.push({ startByte: rangeStart, endByte: at, pieces });
    pieces = [];
    rangeStart = at;
  };
  for (const segment of layout) {
    const { width } = segment;
    const sizeBytes = segmentBytes(segment);
    if (at - rangeStart + sizeBytes > rangeBytes) close();
    // 128 coordinates are 16 * width bytes.
    const step = Math.max(1, Math.floor(rangeBytes / (16 * width))) * 128;
    for (let first = 0; first < segment.length; first += step) {
      const length = Math.min(step, segment.length - first);
      if (first > 0) close();
      pieces.push({ startByte: at, length, width });
      at += Math.ceil((length * width) / 8);
    }
  }
  close();
  return ranges;
}

/**
 * Cuts a job over a whole layout into at most `parts` jobs over consecutive ranges; concatenated, their results are the
 * job's result. Addends are copied, so a job can be transferred to a worker.
 */
export function splitJob(job: StreamJob, parts: number): StreamJob[] {
  check(job.start === 0 && job.end === layoutBytes(job.layout), 'only a job over the whole layout is split');
  const ranges = planRanges(job.layout);
  const jobs: StreamJob[] = [];
  const target = job.end / parts;
  let start = 0;
  ranges.forEach(({ endByte }, i) => {
    if (i < ranges.length - 1 && endByte < target * (jobs.length + 1)) return;
    const addends = job.addends.map(({ packed, sign }) => ({ packed: packed.slice(start, endByte), sign }));
    jobs.push({ ...job, start, end: endByte, addends });
    start = endByte;
  });
  return jobs;
}

/** The AES-CTR counter block at a stream offset that is a multiple of 16: a 128-bit big-endian block number. */
export function counterBlock(offset: number): Bytes {
  const block = offset / AES_BLOCK_BYTES;
  const counter = new Uint8Array(AES_BLOCK_BYTES);
  const view = new DataView(counter.buffer);
  view.setUint32(8, Math.floor(block / 2 ** 32));
  view.setUint32(12, block % 2 ** 32);
  return counter;
}

/** What key streams are encryptions of: longer than any range, with the AES blocks it starts and ends in. */
const ZEROS = new Uint8Array(2 * RANGE_BYTES);

/** Key stream by WebCrypto, as every host has it. */
export const webCryptoStream: OpenStream = async (key) => {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-CTR', false, ['encrypt']);
  return async (offset, lengthBytes) => {
    const parameters = { name: 'AES-CTR', counter: counterBlock(offset), length: 128 };
    return new Uint8Array(await crypto.subtle.encrypt(parameters, imported, ZEROS.subarray(0, lengthBytes)));
  };
};

/** Classes such that coordinates of one class never touch the same 16-bit digit, when they are dealt out in turn. */
function classCount(pieces: readonly Piece[]): number {
  return 1 + Math.ceil((DIGIT_BITS - 1) / Math.min(...pieces.map(({ width }) => width)));
}

/** Sums one range after the other in one kernel's memory: masks, accumulators and sources of the current range. */
class RangeSum {
  readonly #kernel: Kernel;
  #range: Range | undefined;
  #classes = 0;
  /** bytes from the AES block in which the range starts to the end of the AES block in which it ends */
  #sizeBytes = 0;
  #capacity = 0;
  #blockStart = 0;
  #maskKey = '';

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get blockStart(): number {
    return this.#blockStart;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  begin(range: Range): void {
    this.#range = range;
    this.#blockStart = range.startByte - (range.startByte % AES_BLOCK_BYTES);
    this.#sizeBytes = Math.ceil((range.endByte - this.#blockStart) / VECTOR_BYTES) * VECTOR_BYTES;
    const classes = classCount(range.pieces);
    // Ranges inside one segment have the same masks; then only the accumulators start anew.
    const key = range.pieces
      .map(({ startByte, length, width }) => `${startByte - this.#blockStart} ${length} ${width}`)
      .join();
    if (key !== this.#maskKey) {
      this.#classes = classes;
      this.#capacity = this.#sizeBytes;
      this.#maskKey = key;
      const memory = this.#kernel.memory((3 * classes + LANES) * this.#capacity);
      this.#writeMasks(memory, range);
    }
    for (let i = 0; i < classes; i++)
      new Uint8Array(this.#kernel.memory(0), this.#accumulator(i), 2 * this.#sizeBytes).fill(0);
  }

  #mask(i: number): number {
    return i * this.#capacity;
  }

  #accumulator(i: number): number {
    return (this.#classes + 2 * i) * this.#capacity;
  }

  #source(i: number): number {
    return (3 * this.#classes + i) * this.#capacity;
  }

  /** Which bits of each digit belong to which class: the coordinates dealt out in turn. */
  #writeMasks(memory: ArrayBuffer, { pieces }: Range): void {
    const masks = Array.from({ length: this.#classes }, (_, i) =>
      new Uint16Array(memory, this.#mask(i), this.#capacity / 2).fill(0),
    );
    let ofClass = 0;
    for (const { startByte, length, width } of pieces) {
      let bit = 8 * (startByte - this.#blockStart);
      for (let j = 0; j < length; j++) {
        const mask = masks[ofClass] as Uint16Array;
        const end = bit + width;
        for (let digit = bit >>> 4; digit << 4 < end; digit++) {
          const from = Math.max(bit - (digit << 4), 0);
          const to = Math.min(end - (digit << 4), DIGIT_BITS);
          mask[digit] = (mask[digit] as number) | ((1 << to) - (1 << from));
        }
        bit = end;
        ofClass = ofClass + 1 === this.#classes ? 0 : ofClass + 1;
      }
    }
  }

  /** Adds up to {@link LANES} vectors of one sign; each holds the bytes from `blockStart` on, `skip` bytes left out. */
  add(vectors: readonly Uint8Array[], sign: Sign, skip: number): void {
    const memory = this.#kernel.memory(0);
    const sources = Array.from({ length: LANES }, (_, i) => this.#source(i)) as [number, number, number, number];
    sources.forEach((at, i) => {
      const slot = new Uint8Array(memory, at, this.#sizeBytes);
      const vector = vectors[i];
      if (vector === undefined || skip > 0 || vector.length < this.#sizeBytes) slot.fill(0);
      if (vector !== undefined) slot.set(vector, skip);
    });
    for (let i = 0; i < this.#classes; i++) {
      this.#kernel.add(this.#accumulator(i), this.#mask(i), ...sources, this.#sizeBytes, sign === 1 ? 0 : -1);
    }
  }

  /** Carries from digit to digit within each coordinate and returns the range's packed bytes. */
  finish(): Bytes {
    const { startByte, endByte } = this.#range as Range;
    const memory = this.#kernel.memory(0);
    const out = new Int32Array(this.#sizeBytes / 4);
    for (let i = 0; i < this.#classes; i++) {
      const masks = new Int32Array(memory, this.#mask(i), out.length);
      const lanes = new Int32Array(memory, this.#accumulator(i), 2 * out.length);
      let highestBefore = 0;
      let carry = 0;
      for (let word = 0; word < out.length; word++) {
        const mask = masks[word] as number;
        // The kernel keeps 4 low digits, then the 4 high ones of the same words.
        const lane = ((word & ~3) << 1) | (word & 3);
        // A coordinate goes on from the digit before when it has that one's highest bit and this one's lowest.
        const low = (lanes[lane] as number) + (carry & -(highestBefore & mask));
        const high = (lanes[lane + 4] as number) + ((low >> DIGIT_BITS) & -((mask >>> 15) & (mask >>> 16) & 1));
        out[word] = (out[word] as number) | (((low & 0xffff) | (high << DIGIT_BITS)) & mask);
        carry = high >> DIGIT_BITS;
        highestBefore = mask >>> 31;
      }
    }
    const skip = startByte - this.#blockStart;
    return new Uint8Array(out.buffer).slice(skip, skip + endByte - startByte);
  }
}

/** Streams of one sign, up to {@link LANES} at a time. */
function group<T extends { readonly sign: Sign }>(items: readonly T[]): { items: T[]; sign: Sign }[] {
  const groups: { items: T[]; sign: Sign }[] = [];
  for (const sign of [1, -1] as const) {
    const same = items.filter((item) => item.sign === sign);
    for (let i = 0; i < same.length; i += LANES) groups.push({ items: same.slice(i, i + LANES), sign });
  }
  return groups;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MurmurError('cancelled', 'masking was cancelled', { cause: signal.reason });
}

/**
 * The packed sum of a job: its addends and key streams with their signs, coordinate-wise mod 2^width, padding zero.
 * @throws MurmurError bad-input, cancelled, unsupported
 */
export async function sumStreams(
  job: StreamJob,
  { signal, onProgress, openStream = webCryptoStream }: SumOptions = {},
): Promise<Bytes> {
  const { layout, start, end, addends } = job;
  check(job.streams.length + addends.length <= MAX_VECTORS, `more than ${MAX_VECTORS} vectors in one sum`);
  check(
    job.streams.every(({ key }) => key.length === 16),
    'an AES-128 key has 16 bytes',
  );
  check(
    addends.every(({ packed }) => packed.length === end - start),
    'an addend does not fit the range',
  );
  const ranges = planRanges(layout).filter(({ startByte, endByte }) => startByte >= start && endByte <= end);
  check(
    ranges.length > 0 && ranges[0]?.startByte === start && ranges.at(-1)?.endByte === end,
    'the range is not cut where the layout may be cut',
  );
  throwIfCancelled(signal);

  const streams = await Promise.all(job.streams.map(async ({ key, sign }) => ({ read: await openStream(key), sign })));
  const streamGroups = group(streams);
  const addendGroups = group(addends);
  const calls = ranges.flatMap((range) => streamGroups.map((streamGroup) => ({ range, streamGroup })));
  const begin = ({ range, streamGroup }: (typeof calls)[number]) => {
    const offset = range.startByte - (range.startByte % AES_BLOCK_BYTES);
    const lengthBytes = Math.ceil((range.endByte - offset) / AES_BLOCK_BYTES) * AES_BLOCK_BYTES;
    return Promise.all(streamGroup.items.map(({ read }) => read(offset, lengthBytes)));
  };

  const out = new Uint8Array(end - start);
  const kernel = acquireKernel();
  const inFlight: Promise<Bytes[]>[] = [];
  try {
    const sum = new RangeSum(kernel);
    let next = 0;
    const refill = () => {
      while (inFlight.length < GROUPS_IN_FLIGHT && next < calls.length)
        inFlight.push(begin(calls[next++] as (typeof calls)[number]));
    };
    refill();
    for (const range of ranges) {
      sum.begin(range);
      for (const { items, sign } of addendGroups) {
        const views = items.map(({ packed }) => packed.subarray(range.startByte - start, range.endByte - start));
        sum.add(views, sign, range.startByte - sum.blockStart);
      }
      for (const { sign } of streamGroups) {
        const arrived = await (inFlight.shift() as Promise<Bytes[]>);
        throwIfCancelled(signal);
        refill();
        sum.add(arrived, sign, 0);
      }
      out.set(sum.finish(), range.startByte - start);
      onProgress?.((range.endByte - start) / (end - start));
    }
    return out;
  } finally {
    await Promise.allSettled(inFlight);
    releaseKernel(kernel);
  }
}
