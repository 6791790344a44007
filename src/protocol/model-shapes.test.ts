import { describe, expect, it } from 'vitest';
import type { Target } from './target.ts';
import { BINARY } from './target.ts';
import { type ModelUse, convolutionExtent, planModel } from './model-shapes.ts';
import type { LayerSpec } from './model-spec.ts';

const end: LayerSpec = { kind: 'dense', units: 1, activation: 'sigmoid' };
const conv: LayerSpec = { kind: 'conv2d', filters: 4, size: 3, stride: 2, padding: 'valid', activation: 'relu' };
const use = (shape: readonly number[], layers: LayerSpec[], target: Target = BINARY, codes?: number): ModelUse => ({
  model: { layers },
  shape,
  target,
  codes,
});
const next: Target = { kind: 'next', characters: 5, steps: 6 };
const embedding: LayerSpec = { kind: 'embedding', codes: 5, units: 8 };

describe('planModel', () => {
  it('gives the shapes and weights of a small network worked by hand', () => {
    const plan = planModel(use([9, 8, 2], [conv, { kind: 'max-pool', size: 2 }, { kind: 'flatten' }, end]));
    expect(plan.layers.map(({ output }) => output)).toEqual([[4, 3, 4], [2, 1, 4], [8], [1]]);
    expect(plan.weightCount).toBe(3 * 3 * 2 * 4 + 4 + 8 + 1);
  });

  it.each<[string, ModelUse]>([
    ['layer 2 (conv2d) needs [height, width, channels], it gets [64]', use([8], [{ ...end, units: 64 }, conv, end])],
    ['layer 1 (conv2d) has a kernel of 3 x 3, its input is 2 x 9', use([2, 9, 1], [conv, end])],
    [
      'layer 1 (max-pool) has windows of 4 x 4, its input is 3 x 9',
      use([3, 9, 1], [{ kind: 'max-pool', size: 4 }, end]),
    ],
    [
      'layer 1 (group-norm) cannot part 3 channels into 2 groups',
      use([4, 4, 3], [{ kind: 'group-norm', groups: 2, activation: 'relu' }, end]),
    ],
    [
      'layer 1 (transformer) cannot part 3 channels into 2 heads',
      use([4, 3], [{ kind: 'transformer', heads: 2, causal: true }, end]),
    ],
    [
      'layer 1 (gru) needs numbers, it gets a text',
      use([6], [{ kind: 'gru', units: 4, sequences: false }, end], BINARY, 5),
    ],
    ['layer 1 (embedding) needs a text, it gets numbers', use([6], [embedding, end])],
    ['layer 1 (embedding) has 5 codes, the texts have 7', use([6], [embedding, end], BINARY, 7)],
    [
      'the last layer must be dense with 1 sigmoid unit, because the label has two classes',
      use([3], [{ ...end, activation: 'linear' }]),
    ],
    ['the last layer must be dense with 5 linear units', use([6], [embedding, end], next, 5)],
    ['layer 2 (dense) makes [6, 1] of an example, the task needs [1]', use([6], [embedding, end], BINARY, 5)],
    [
      'layer 2 (transformer) must be causal',
      use(
        [6],
        [embedding, { kind: 'transformer', heads: 2, causal: false }, { ...end, units: 5, activation: 'linear' }],
        next,
        5,
      ),
    ],
    ['more than 16777216', use([4096], [{ ...end, units: 4096 }, { ...end, units: 4096 }, end])],
    ['is not in 1..65536', use([65_537], [end])],
  ])('says: %s', (message, model) => {
    expect(() => planModel(model)).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(message) }),
    );
  });
});

it("places a convolution's windows as TensorFlow does", () => {
  expect(convolutionExtent(5, 3, 2, 'same')).toEqual({ before: 1, after: 1, places: 3 });
  expect(convolutionExtent(6, 3, 2, 'same')).toEqual({ before: 0, after: 1, places: 3 });
  expect(convolutionExtent(7, 1, 4, 'same')).toEqual({ before: 0, after: 0, places: 2 });
  expect(convolutionExtent(7, 3, 2, 'valid')).toEqual({ before: 0, after: 0, places: 3 });
});
