import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { layoutBytes, type Layout, type Segment } from '../protocol/layout.ts';
import {
  checkPadding,
  decodeSegment,
  encodeSegment,
  packRing,
  packVector,
  unpackRing,
  unpackVector,
  type RingValues,
} from './encode.ts';

const fixed = (width: number, fractionBits: number, limit: number, length = 1): Segment => ({
  purpose: 'update',
  length,
  width,
  encoding: { kind: 'fixed', fractionBits, limit },
});
const count = (width: number, length = 1): Segment => ({
  purpose: 'evaluation',
  length,
  width,
  encoding: { kind: 'count' },
});
const encodeOne = (segment: Segment, value: number) => encodeSegment(segment, Float64Array.of(value))[0];

describe('encodeSegment', () => {
  it('rounds halves away from zero and wraps negatives', () => {
    const segment = fixed(8, 1, 10);
    const cases = [
      [0.25, 1],
      [-0.25, 255],
      [0.24, 0],
      [-0.24, 0],
      [1.75, 4],
      [-1.75, 252],
      [-0, 0],
      [10, 20],
      [-10, 236],
    ] as const;
    for (const [value, ring] of cases) expect(Object.is(encodeOne(segment, value), ring), `${value}`).toBe(true);
  });

  it('does not round 0.49999999999999994 up', () => {
    expect(encodeOne(fixed(8, 0, 10), 0.49999999999999994)).toBe(0);
  });

  it('refuses instead of clamping', () => {
    for (const value of [NaN, Infinity, -Infinity, 10.001, -10.001])
      expect(() => encodeOne(fixed(8, 1, 10), value), `${value}`).toThrow('outside the limit');
    expect(() => encodeOne(fixed(4, 1, 10), 5)).toThrow('outside the limit');
    for (const value of [NaN, -1, 0.5, 256, Infinity])
      expect(() => encodeOne(count(8), value), `${value}`).toThrow('no count');
    expect(() => encodeSegment(count(8, 2), Float64Array.of(1))).toThrow('1 values for 2');
  });

  it('takes noisy multiples of the step from anywhere into the ring, and nothing else', () => {
    const segment: Segment = { ...fixed(8, 1, 10, 7), encoding: { kind: 'noisy', fractionBits: 1, bound: 60 } };
    const ring = encodeSegment(segment, Float64Array.of(0, -0, 0.5, -0.5, 64, 200.5, -1000));
    expect([...ring]).toEqual([0, 0, 1, 255, 128, 145, 48]);
    expect(ring.every((value) => !Object.is(value, -0))).toBe(true);
    expect([...decodeSegment(segment, ring)]).toEqual([0, 0, 0.5, -0.5, 64, -55.5, 24]);
    const one = { ...segment, length: 1 };
    for (const value of [0.25, NaN, Infinity, 2 ** 60])
      expect(() => encodeOne(one, value)).toThrow('no multiple of 1/2');
  });

  it('adds noisy values up as the ring does (property)', () => {
    const segment: Segment = { ...fixed(18, 4, 10), encoding: { kind: 'noisy', fractionBits: 4, bound: 8000 } };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1, maxLength: 20 }), (steps) => {
        const ring = steps.reduce((sum, value) => (sum + (encodeOne(segment, value / 16) as number)) % 2 ** 18, 0);
        const [sum] = decodeSegment(segment, Uint32Array.of(ring));
        const truth = steps.reduce((total, value) => total + value, 0);
        expect((((sum as number) * 16 - truth) % 2 ** 18) + 0 === 0).toBe(true);
      }),
    );
  });

  it('keeps wide values exact in a Float64Array', () => {
    const ring = encodeSegment(count(48, 2), Float64Array.of(2 ** 48 - 1, 2 ** 40 + 1));
    expect(ring).toBeInstanceOf(Float64Array);
    expect([...ring]).toEqual([2 ** 48 - 1, 2 ** 40 + 1]);
    expect(encodeSegment(count(32), Float64Array.of(5))).toBeInstanceOf(Uint32Array);
  });
});

describe('decodeSegment', () => {
  it('lifts fixed sums to (-2^(w-1), 2^(w-1)] and leaves counts', () => {
    expect([...decodeSegment(fixed(8, 0, 1, 4), Uint32Array.of(0, 127, 128, 129))]).toEqual([0, 127, 128, -127]);
    expect([...decodeSegment(count(8, 2), Uint32Array.of(128, 255))]).toEqual([128, 255]);
    expect([...decodeSegment(fixed(40, 8, 1, 1), Float64Array.of(2 ** 40 - 256))]).toEqual([-1]);
  });
});

describe('packed vectors', () => {
  it('are least significant bit first', () => {
    expect([...packRing([count(3, 3)], [Uint32Array.of(0b101, 0b011, 0b110)])]).toEqual([0b10011101, 0b1]);
    expect([...packRing([count(12, 2), count(4)], [Uint32Array.of(0xabc, 0x123), Uint32Array.of(0xf)])]).toEqual([
      0xbc, 0x3a, 0x12, 0xf,
    ]);
  });

  it('come back for every width (property)', () => {
    for (let width = 2; width <= 48; width++) {
      fc.assert(
        fc.property(
          fc.array(fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }), { minLength: 1, maxLength: 40 }),
          (values) => {
            const layout: Layout = [count(width, values.length), count(50 - width, 3)];
            const rings: RingValues[] = [
              Float64Array.from(values, Number),
              Float64Array.of(0, 1, 2 ** (50 - width) - 1),
            ];
            const packed = packRing(layout, rings);
            checkPadding(layout, packed);
            expect(unpackRing(layout, packed).map((ring) => [...ring])).toEqual(rings.map((ring) => [...ring]));
          },
        ),
        { numRuns: 10 },
      );
    }
  });

  it('have one form: padding and length are checked', () => {
    const layout = [count(3, 3), count(8)];
    const packed = packVector(layout, [Float32Array.of(1, 2, 3), Float64Array.of(4)]);
    expect(packed.length).toBe(layoutBytes(layout));
    expect(unpackVector(layout, packed).map((part) => [...part])).toEqual([[1, 2, 3], [4]]);
    for (let bit = 1; bit < 8; bit++) {
      const bad = packed.slice();
      bad[1] = (bad[1] as number) | (1 << bit);
      expect(() => unpackVector(layout, bad)).toThrow('padding');
    }
    expect(() => unpackVector(layout, packed.slice(1))).toThrow('bytes');
    expect(() => packVector(layout, [Float32Array.of(1, 2, 3)])).toThrow('1 arrays for 2');
  });
});
