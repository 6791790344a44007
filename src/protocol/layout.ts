/** What one masked vector is made of (docs/protocol.md, section 7). */
import { canonicalJson } from '../core/canonical-json.ts';
import { utf8, type Bytes } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';

/**
 * - fixed: a number at most `limit` from zero, rounded to 2^−fractionBits
 * - noisy: a multiple of 2^−fractionBits with noise on it, which alone may be any; a sum is at most `bound` from zero, else void
 * - count: a non-negative integer
 */
export type Encoding =
  | { readonly kind: 'fixed'; readonly fractionBits: number; readonly limit: number }
  | { readonly kind: 'noisy'; readonly fractionBits: number; readonly bound: number }
  | { readonly kind: 'count' };

export interface Segment {
  readonly purpose: 'statistics' | 'weight' | 'update' | 'control' | 'evaluation';
  /** coordinates */
  readonly length: number;
  /** bits a coordinate, 2..48 */
  readonly width: number;
  readonly encoding: Encoding;
}

export type Layout = readonly Segment[];

/** Bytes of one packed segment. */
export function segmentBytes(segment: Segment): number {
  return Math.ceil((segment.length * segment.width) / 8);
}

/** Bytes of the packed vector: what one participant uploads a round. */
export function layoutBytes(layout: Layout): number {
  return layout.reduce((sum, segment) => sum + segmentBytes(segment), 0);
}

/** SHA-256 of the layout's canonical JSON: enters the round context. */
export function layoutHash(layout: Layout): Promise<Bytes> {
  return sha256(utf8(canonicalJson(layout)));
}

/**
 * Refuses a layout whose sum over `maxMembers` could wrap around (docs/protocol.md, section 7), or that is malformed.
 * @throws MurmurError bad-input
 */
export function checkLayout(layout: Layout, maxMembers: number): void {
  check(layout.length > 0 && layout.length <= 64, 'a layout has 1 to 64 segments');
  for (const { purpose, length, width, encoding } of layout) {
    check(
      Number.isSafeInteger(length) && length > 0 && length <= 2 ** 28,
      `${purpose}: length ${length} is not in 1..2^28`,
    );
    check(Number.isInteger(width) && width >= 2 && width <= 48, `${purpose}: width ${width} is not in 2..48`);
    if (encoding.kind === 'fixed') {
      const largest = Math.ceil(encoding.limit * 2 ** encoding.fractionBits);
      check(encoding.limit > 0 && Number.isInteger(encoding.fractionBits), `${purpose}: bad fixed-point encoding`);
      check(
        maxMembers * largest < 2 ** (width - 1),
        `${purpose}: the sum of ${maxMembers} members could wrap in ${width} bits`,
      );
    }
    if (encoding.kind === 'noisy') {
      const largest = Math.ceil(encoding.bound * 2 ** encoding.fractionBits);
      check(encoding.bound > 0 && Number.isInteger(encoding.fractionBits), `${purpose}: bad noisy encoding`);
      check(largest < 2 ** (width - 1), `${purpose}: the noisy sum could wrap in ${width} bits`);
    }
  }
}
