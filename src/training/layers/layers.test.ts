/**
 * Every layer and loss, on cpu and on wasm: the forward pass against the float64 reference, the gradient against numerical differentiation.
 * The models are small, but each has the layer in the middle, so that what it gives to the layer before it counts too.
 */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/random.ts';
import { predict } from '../../model/forward.ts';
import { initialWeights } from '../../model/initialise.ts';
import type { Target } from '../../protocol/data-spec.ts';
import type { ModelUse } from '../../protocol/model-shapes.ts';
import type { LayerSpec } from '../../protocol/model-spec.ts';
import { startBackend } from '../backends.ts';
import { planNetwork } from '../network.ts';
import { gradientError } from '../self-test.ts';
import { createTrainer } from '../trainer.ts';

const BINARY: Target = { kind: 'binary', names: ['no', 'yes'] };
const classes = (count: number): Target => ({
  kind: 'classes',
  names: Array.from({ length: count }, (_, i) => `c${i}`),
});
const VALUE: Target = { kind: 'value', column: 0, minimum: 0, maximum: 1, unit: undefined };

const end = (target: Target): LayerSpec => ({
  kind: 'dense',
  units: target.kind === 'classes' ? target.names.length : target.kind === 'next' ? target.characters : 1,
  activation: target.kind === 'binary' ? 'sigmoid' : 'linear',
});
const conv = (filters: number, more: Partial<Extract<LayerSpec, { kind: 'conv2d' }>> = {}): LayerSpec => ({
  kind: 'conv2d',
  filters,
  size: 3,
  stride: 1,
  padding: 'same',
  activation: 'tanh',
  ...more,
});
const flatten: LayerSpec = { kind: 'flatten' };
const pictures = (target: Target, ...layers: LayerSpec[]): ModelUse => ({
  model: { layers: [...layers, end(target)] },
  shape: [7, 6, 2],
  target,
});
const steps = (target: Target, ...layers: LayerSpec[]): ModelUse => ({
  model: { layers: [...layers, end(target)] },
  shape: [5, 3],
  target,
});
const texts = (target: Target, ...layers: LayerSpec[]): ModelUse => ({
  model: { layers: [{ kind: 'embedding', codes: 9, units: 8 }, ...layers, end(target)] },
  shape: [6],
  codes: 9,
  target,
});
const NEXT: Target = { kind: 'next', characters: 9, steps: 6 };

export const USES: Readonly<Record<string, ModelUse>> = {
  'dense, all activations': {
    model: {
      layers: [
        ...(['relu', 'tanh', 'sigmoid', 'linear'] as const).map((activation): LayerSpec => ({
          kind: 'dense',
          units: 6,
          activation,
        })),
        end(BINARY),
      ],
    },
    shape: [5],
    target: BINARY,
  },
  classes: pictures(classes(4), flatten),
  'a value': steps(VALUE, flatten, { kind: 'dense', units: 5, activation: 'tanh' }),
  conv2d: pictures(classes(3), conv(3), conv(4, { activation: 'relu' }), flatten),
  'conv2d with strides': pictures(BINARY, conv(3, { stride: 2 }), conv(2, { stride: 2, size: 2 }), flatten),
  'conv2d valid, wide': pictures(BINARY, conv(3, { size: 5, padding: 'valid' }), conv(2, { size: 1 }), flatten),
  conv1d: steps(
    BINARY,
    { kind: 'conv1d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'tanh' },
    { kind: 'conv1d', filters: 3, size: 2, stride: 2, padding: 'valid', activation: 'relu' },
    flatten,
  ),
  'max-pool': pictures(BINARY, conv(3), { kind: 'max-pool', size: 2 }, conv(2), flatten),
  'mean-pool': pictures(BINARY, conv(3), { kind: 'mean-pool' }),
  'max-over': steps(BINARY, { kind: 'dense', units: 4, activation: 'tanh' }, { kind: 'max-over' }),
  'group-norm': pictures(BINARY, conv(4), { kind: 'group-norm', groups: 2, activation: 'tanh' }, flatten),
  residual: pictures(
    BINARY,
    conv(4),
    { kind: 'residual', filters: 4, stride: 1, groups: 2 },
    { kind: 'residual', filters: 6, stride: 2, groups: 3 },
    { kind: 'mean-pool' },
  ),
  embedding: texts(classes(3), { kind: 'mean-pool' }),
  gru: steps(BINARY, { kind: 'dense', units: 4, activation: 'tanh' }, { kind: 'gru', units: 5, sequences: false }),
  'gru over a gru': texts(NEXT, { kind: 'gru', units: 5, sequences: true }, { kind: 'gru', units: 4, sequences: true }),
  transformer: texts(NEXT, { kind: 'transformer', heads: 2, causal: true }),
  'transformer that sees all': texts(
    BINARY,
    { kind: 'transformer', heads: 4, causal: false },
    { kind: 'transformer', heads: 1, causal: false },
    { kind: 'mean-pool' },
  ),
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  let before: number;
  beforeAll(async () => {
    await startBackend({ prefer: [backend] });
    before = tf.memory().numTensors;
  });
  afterAll(() => expect(tf.memory().numTensors).toBe(before));

  test.each(Object.entries(USES))('%s: the gradient is that of the reference', async (_, use) => {
    await tf.setBackend(backend);
    expect(await gradientError(use, planNetwork(use))).toBeLessThan(2e-5);
  });

  test.each(Object.entries(USES))('%s: scores are those of the reference', async (_, use) => {
    const trainer = await createTrainer({ use, prefer: [backend] });
    const { plan } = planNetwork(use);
    const seed = new Uint8Array(32).fill(4);
    const random = new SeededRandom(seed);
    const length = 3 * plan.input.reduce((product, size) => product * size, 1);
    const features = Float32Array.from({ length }, () =>
      plan.codes === undefined ? 2 * random.uniform() - 1 : random.below(plan.codes),
    );
    const weights = await initialWeights(use, seed);
    const scores = await trainer.predict(weights, features, 3);
    const expected = predict(use, weights, features, 3);
    expect(scores.length).toBe(expected.length);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i] as number, 5));
  });
});
