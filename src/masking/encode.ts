/**
 * Numbers to ring values and back, ring values to packed bits and back (docs/protocol.md, section 7).
 *
 * A value that does not fit is an error, never clamped: clipping and noise belong to src/privacy, where they are accounted for.
 * Packed form: coordinate j of a segment occupies `width` bits from bit `width * j`, least significant bit first; every
 * segment starts on a byte and its padding bits are zero, so one vector has exactly one packed form.
 */
import type { Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { layoutBytes, segmentBytes, type Layout, type Segment } from '../protocol/layout.ts';

/** Values in [0, 2^width): Uint32Array up to 32 bits, exact integers in a Float64Array above. */
export type RingValues = Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Bits moved at once: with up to 7 left over from before they fit an int32. */
const PIECE_BITS = 24;
const PIECE = 2 ** PIECE_BITS;

function ringArray({ length, width }: Segment): RingValues {
  return width <= 32 ? new Uint32Array(length) : new Float64Array(length);
}

function refuse(segment: Segment, index: number, value: number, why: string): never {
  throw new MurmurError('bad-input', `${segment.purpose}: coordinate ${index} is ${value}, ${why}`, {
    details: { purpose: segment.purpose, index },
  });
}

/**
 * Ring values of one segment.
 * @throws MurmurError bad-input for NaN, infinities, values over the limit (`fixed`), off the grid (`noisy`), or that are no integers in
 *   [0, 2^width) (`count`)
 */
export function encodeSegment(segment: Segment, values: Float32Array | Float64Array): RingValues {
  check(
    values.length === segment.length,
    `${segment.purpose}: ${values.length} values for ${segment.length} coordinates`,
  );
  const out = ringArray(segment);
  const modulus = 2 ** segment.width;
  if (segment.encoding.kind === 'count') {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!(Number.isInteger(value) && value >= 0 && value < modulus))
        refuse(segment, i, value, `which is no count below 2^${segment.width}`);
      out[i] = value;
    }
    return out;
  }
  const scale = 2 ** segment.encoding.fractionBits;
  if (segment.encoding.kind === 'noisy') {
    // The ring is taken as it is: one noisy value may lie anywhere in it, only the sum must not wrap.
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const steps = value * scale;
      if (!Number.isSafeInteger(steps)) refuse(segment, i, value, `which is no multiple of 1/${scale}`);
      const rest = steps % modulus;
      out[i] = rest < 0 ? rest + modulus : rest + 0;
    }
    return out;
  }
  const { limit } = segment.encoding;
  const largest = modulus / 2 - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // Math.round is exact and rounds halves up; applied to the magnitude it rounds them away from zero.
    const magnitude = Math.round(Math.abs(value) * scale);
    if (!(Math.abs(value) <= limit && magnitude <= largest))
      refuse(segment, i, value, `which is outside the limit of ${limit}`);
    out[i] = value < 0 && magnitude > 0 ? modulus - magnitude : magnitude;
  }
  return out;
}

/** Numbers of one segment's ring values: `fixed` and `noisy` lift to (-2^(w-1), 2^(w-1)] and scale back, `count` is as it is. */
export function decodeSegment(segment: Segment, ring: RingValues): Float64Array<ArrayBuffer> {
  check(ring.length === segment.length, `${segment.purpose}: ${ring.length} values for ${segment.length} coordinates`);
  const out = new Float64Array(ring.length);
  const modulus = 2 ** segment.width;
  const half = modulus / 2;
  const signed = segment.encoding.kind !== 'count';
  const unit = segment.encoding.kind === 'count' ? 1 : 2 ** -segment.encoding.fractionBits;
  for (let i = 0; i < ring.length; i++) {
    const value = ring[i] as number;
    out[i] = (signed && value > half ? value - modulus : value) * unit;
  }
  return out;
}

/** Writes ring values at a byte offset. */
function writeBits(out: Bytes, start: number, ring: RingValues, width: number): void {
  let at = start;
  let bits = 0;
  let held = 0;
  const lowWidth = Math.min(width, PIECE_BITS);
  const highWidth = width - lowWidth;
  const put = (piece: number, count: number) => {
    bits |= piece << held;
    held += count;
    while (held >= 8) {
      out[at++] = bits & 255;
      bits >>>= 8;
      held -= 8;
    }
  };
  for (let i = 0; i < ring.length; i++) {
    const value = ring[i] as number;
    put(value % PIECE, lowWidth);
    if (highWidth > 0) put(Math.floor(value / PIECE), highWidth);
  }
  if (held > 0) out[at] = bits;
}

function readBits(bytes: Uint8Array, start: number, ring: RingValues, width: number): void {
  let at = start;
  let bits = 0;
  let held = 0;
  const lowWidth = Math.min(width, PIECE_BITS);
  const highWidth = width - lowWidth;
  const take = (count: number): number => {
    while (held < count) {
      bits |= (bytes[at++] as number) << held;
      held += 8;
    }
    const piece = bits & (2 ** count - 1);
    bits >>>= count;
    held -= count;
    return piece;
  };
  for (let i = 0; i < ring.length; i++) {
    const low = take(lowWidth);
    ring[i] = highWidth > 0 ? low + take(highWidth) * PIECE : low;
  }
}

/** Packs ring values, one array a segment. */
export function packRing(layout: Layout, rings: readonly RingValues[]): Bytes {
  check(rings.length === layout.length, `${rings.length} arrays for ${layout.length} segments`);
  const out = new Uint8Array(layoutBytes(layout));
  let offset = 0;
  layout.forEach((segment, i) => {
    const ring = rings[i] as RingValues;
    check(
      ring.length === segment.length,
      `${segment.purpose}: ${ring.length} values for ${segment.length} coordinates`,
    );
    writeBits(out, offset, ring, segment.width);
    offset += segmentBytes(segment);
  });
  return out;
}

/** Ring values of a packed vector, one array a segment. @throws MurmurError bad-input, see {@link checkPadding} */
export function unpackRing(layout: Layout, packed: Uint8Array): RingValues[] {
  checkPadding(layout, packed);
  let offset = 0;
  return layout.map((segment) => {
    const ring = ringArray(segment);
    readBits(packed, offset, ring, segment.width);
    offset += segmentBytes(segment);
    return ring;
  });
}

/** Encodes and packs a vector, one array of numbers a segment. @throws MurmurError bad-input, see {@link encodeSegment} */
export function packVector(layout: Layout, parts: readonly (Float32Array | Float64Array)[]): Bytes {
  check(parts.length === layout.length, `${parts.length} arrays for ${layout.length} segments`);
  return packRing(
    layout,
    layout.map((segment, i) => encodeSegment(segment, parts[i] as Float64Array)),
  );
}

/** Decodes a packed vector or sum, one array of numbers a segment. @throws MurmurError bad-input, see {@link checkPadding} */
export function unpackVector(layout: Layout, packed: Uint8Array): Float64Array<ArrayBuffer>[] {
  const rings = unpackRing(layout, packed);
  return layout.map((segment, i) => decodeSegment(segment, rings[i] as RingValues));
}

/** Refuses a packed vector of the wrong length or with a padding bit set: it would be a second form of the same vector. */
export function checkPadding(layout: Layout, packed: Uint8Array): void {
  check(
    packed.length === layoutBytes(layout),
    `packed vector has ${packed.length} bytes, its layout ${layoutBytes(layout)}`,
  );
  let end = 0;
  for (const segment of layout) {
    end += segmentBytes(segment);
    const used = (segment.length * segment.width) % 8;
    check(used === 0 || (packed[end - 1] as number) >>> used === 0, `${segment.purpose}: a padding bit is set`);
  }
}
