import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { BINARY } from '../protocol/target.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { LayerSpec } from '../protocol/model-spec.ts';
import { predict } from './forward.ts';
import { initialWeights } from './initialise.ts';
import { weightLayout } from './spec.ts';

const binary = (width: number, ...layers: LayerSpec[]): ModelUse => ({
  model: { layers },
  shape: [width],
  target: BINARY,
});
const model = binary(
  2,
  { kind: 'dense', units: 2, activation: 'relu' },
  { kind: 'dense', units: 1, activation: 'sigmoid' },
);

describe('predict', () => {
  it('computes a small network worked by hand', () => {
    // kernel [[1, -1], [2, 0.5]], bias [0, 1]; kernel [[1], [-2]], bias [0.5]
    const weights = Float32Array.of(1, -1, 2, 0.5, 0, 1, 1, -2, 0.5);
    // row (1, 1): hidden (3, 0.5), logit 3 - 1 + 0.5 = 2.5; row (-3, 0): hidden (0, 4), logit -7.5
    const scores = predict(model, weights, Float32Array.of(1, 1, -3, 0), 2);
    expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-2.5)), 6);
    expect(scores[1]).toBeCloseTo(1 / (1 + Math.exp(7.5)), 6);
  });

  it('knows tanh and linear', () => {
    const scores = (activation: 'tanh' | 'linear'): Float32Array => {
      const two = binary(
        1,
        { kind: 'dense', units: 1, activation },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      );
      return predict(two, Float32Array.of(2, 1, 1, 0), Float32Array.of(1), 1);
    };
    expect(scores('tanh')[0]).toBeCloseTo(1 / (1 + Math.exp(-Math.tanh(3))), 6);
    expect(scores('linear')[0]).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
  });

  it('gives nothing for no rows and refuses weights of another model', () => {
    expect(predict(model, new Float32Array(0), new Float32Array(0), 0).length).toBe(0);
    expect(() => predict(model, new Float32Array(8), new Float32Array(2), 1)).toThrow('expected 9 weights');
  });
});

describe('initialWeights', () => {
  it('lies in the Glorot limits, has zero biases, and is a function of the seed', async () => {
    const seed = await sha256(utf8('seed'));
    const wide = binary(
      10,
      { kind: 'dense', units: 300, activation: 'relu' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    );
    const weights = await initialWeights(wide, seed);
    const { tensors, length } = weightLayout(wide);
    expect(weights.length).toBe(length);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['layers.0.kernel', [10, 300]],
      ['layers.0.bias', [300]],
      ['layers.1.kernel', [300, 1]],
      ['layers.1.bias', [1]],
    ]);
    const kernel = weights.subarray(0, 3000);
    const limit = Math.sqrt(6 / 310);
    expect(kernel.every((value) => Math.abs(value) <= limit)).toBe(true);
    // Variance of a uniform law is limit² / 3.
    expect(kernel.reduce((sum, value) => sum + value * value, 0) / 3000).toBeCloseTo((limit * limit) / 3, 3);
    expect(weights.subarray(3000, 3300).every((value) => Object.is(value, 0))).toBe(true);
    expect(await initialWeights(wide, seed)).toEqual(weights);
    expect(await initialWeights(wide, await sha256(utf8('other')))).not.toEqual(weights);
    // Known answer for every engine.
    expect(Array.from(weights.subarray(0, 3))).toMatchInlineSnapshot(`
      [
        -0.05212389677762985,
        0.08689622581005096,
        0.013176892884075642,
      ]
    `);
  });
});
