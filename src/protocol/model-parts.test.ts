/** Which weights are shared, frozen and private, and which models have no such parts. */
import { describe, expect, it } from 'vitest';
import type { ModelUse } from './model-shapes.ts';
import { planModel } from './model-shapes.ts';
import type { LayerSpec, ModelSpec } from './model-spec.ts';
import { BINARY } from './target.ts';

const wide: LayerSpec = { kind: 'dense', units: 6, activation: 'relu' };
const end: LayerSpec = { kind: 'dense', units: 1, activation: 'sigmoid' };
const pool: LayerSpec = { kind: 'mean-pool' };
const norm: LayerSpec = { kind: 'group-norm', groups: 2, activation: 'relu' };
const lora = (rank: number, head: 'trained' | 'adapted' = 'trained') =>
  ({ kind: 'lora', rank, alpha: 4, head }) as const;
const use = (shape: readonly number[], model: ModelSpec): ModelUse => ({ model, shape, target: BINARY });
const partsOf = (of: ModelUse): string[] =>
  planModel(of).layers.flatMap(({ parameters }, i) => parameters.map(({ name, part }) => `${i}.${name} ${part}`));

describe('parts of a model', () => {
  it('are all shared where nothing is said', () => {
    const plan = planModel(use([4], { layers: [wide, end] }));
    expect(plan.sharedCount).toBe(plan.weightCount);
    expect(plan.layers.every(({ adapter }) => adapter === undefined)).toBe(true);
  });

  it('are an adapter and the head; worked by hand', () => {
    const of = use([4], { layers: [wide, end], adapter: lora(2) });
    expect(partsOf(of)).toEqual([
      '0.kernel frozen',
      '0.bias frozen',
      '0.adapter.a shared',
      '0.adapter.b shared',
      '1.kernel shared',
      '1.bias shared',
    ]);
    const plan = planModel(of);
    // kernel 24 and bias 6; A 4 x 2, B 2 x 6; head 6 and 1
    expect([plan.weightCount, plan.sharedCount]).toEqual([30 + 8 + 12 + 7, 8 + 12 + 7]);
    expect(plan.layers.map(({ adapter }) => adapter)).toEqual([{ rank: 2, scale: 2 }, undefined]);
    expect(plan.layers[0]?.parameters.slice(2).map(({ shape, role }) => [shape, role])).toEqual([
      [[4, 2], 'kernel'],
      [[2, 6], 'zero-kernel'],
    ]);
  });

  it('leave a private layer whole, also beside an adapter', () => {
    const of = use([4, 4, 4], { layers: [wide, norm, pool, wide, end], adapter: lora(1), private: [1, 4] });
    expect(partsOf(of)).toEqual([
      '0.kernel frozen',
      '0.bias frozen',
      '0.adapter.a shared',
      '0.adapter.b shared',
      '1.scale private',
      '1.offset private',
      '3.kernel frozen',
      '3.bias frozen',
      '3.adapter.a shared',
      '3.adapter.b shared',
      '4.kernel private',
      '4.bias private',
    ]);
  });

  it.each<[string, string, ModelUse]>([
    ['model.private.0', 'there is no layer 3', use([4], { layers: [wide, end], private: [2] })],
    ['model.private.1', 'in order', use([4], { layers: [wide, wide, end], private: [1, 1] })],
    [
      'model.private.0',
      'layer 2 (mean-pool) has nothing to learn',
      use([4, 4], { layers: [wide, pool, end], private: [1] }),
    ],
    ['model.private', 'every layer is private', use([4], { layers: [wide, end], private: [0, 1] })],
    ['model.adapter.rank', 'no smaller than layer 1', use([4], { layers: [wide, end], adapter: lora(3) })],
    ['model.adapter.rank', 'no smaller than layer 2', use([4], { layers: [wide, end], adapter: lora(1, 'adapted') })],
    ['model.adapter', 'no dense layer is left to adapt', use([4], { layers: [end], adapter: lora(1) })],
  ])('are refused at %s: %s', (path, message, of) => {
    expect(() => planModel(of)).toThrow(expect.objectContaining({ details: { path } }) as Error);
    expect(() => planModel(of)).toThrow(message);
  });
});
