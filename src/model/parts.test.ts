/** One part of a model's weights taken out and put back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerSpec } from '../protocol/model-spec.ts';
import { BINARY } from '../protocol/target.ts';
import { gather, scatter } from './parts.ts';
import { weightLayout } from './spec.ts';

const dense = (units: number): LayerSpec => ({ kind: 'dense', units, activation: 'sigmoid' });
const layoutOf = (widths: readonly number[], own: number[], rank?: number) =>
  weightLayout({
    model: {
      layers: [...widths.map(dense), dense(1)],
      ...(own.length > 0 && { private: own }),
      ...(rank !== undefined && { adapter: { kind: 'lora', rank, alpha: 1, head: 'trained' } }),
    },
    shape: [2],
    target: BINARY,
  });
const numbers = (length: number) => Float32Array.from({ length }, (_, i) => i + 1);

describe('gather and scatter', () => {
  it('take a private layer out and put another in; by hand', () => {
    // 2 x 2 and 2, then 2 and 1
    const layout = layoutOf([2], [0]);
    const all = numbers(9);
    expect(gather(layout, 'private', all)).toEqual(numbers(6));
    expect(gather(layout, 'shared', all)).toEqual(Float32Array.of(7, 8, 9));
    expect(gather(layout, 'frozen', all)).toEqual(new Float32Array(0));
    expect(scatter(layout, 'shared', Float32Array.of(-1, -2, -3), all)).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6, -1, -2, -3),
    );
    expect(all).toEqual(numbers(9));
  });

  it('pass a model on that is all shared', () => {
    const layout = layoutOf([2], []);
    const [all, others] = [numbers(9), new Float32Array(9)];
    expect(gather(layout, 'shared', all)).toBe(all);
    expect(scatter(layout, 'shared', others, all)).toBe(others);
  });

  it('refuse other lengths', () => {
    const layout = layoutOf([2], [0]);
    expect(() => gather(layout, 'shared', numbers(8))).toThrow('expected 9 weights');
    expect(() => scatter(layout, 'shared', numbers(4), numbers(9))).toThrow('expected 3 shared weights');
    expect(() => scatter(layout, 'shared', numbers(3), numbers(4))).toThrow('expected 9 weights');
  });

  it('are each other’s inverse, and the parts make up the whole', () => {
    const layouts = fc
      .tuple(fc.array(fc.integer({ min: 6, max: 9 }), { minLength: 2, maxLength: 4 }), fc.boolean(), fc.boolean())
      .map(([widths, isAdapted, isPersonal]) =>
        layoutOf([8, ...widths], isPersonal ? [1] : [], isAdapted ? 1 : undefined),
      );
    fc.assert(
      fc.property(layouts, (layout) => {
        const all = numbers(layout.length);
        let built: Float32Array = new Float32Array(layout.length);
        let total = 0;
        for (const part of ['shared', 'frozen', 'private'] as const) {
          const values = gather(layout, part, all);
          expect(gather(layout, part, scatter(layout, part, values, built))).toEqual(values);
          built = scatter(layout, part, values, built);
          total += values.length;
        }
        expect(built).toEqual(all);
        expect(total).toBe(layout.length);
      }),
    );
  });
});
