import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/random.ts';
import { forwardLayer, layerWeights, linear } from '../../model/forward.ts';
import { initialWeights } from '../../model/initialise.ts';
import { presetModel, presetsFor } from '../../model/presets.ts';
import { DATA } from '../../model/testing/data.ts';
import { BINARY } from '../../protocol/target.ts';
import { type ModelUse, planModel } from '../../protocol/model-shapes.ts';
import type { LayerSpec } from '../../protocol/model-spec.ts';
import { startBackend, useBackend } from '../backends.ts';
import { forward, planNetwork, uploadWeights } from '../network.ts';
import { exampleFeatures, exampleLabels, gradientError } from '../self-test.ts';
import { createTrainer } from '../trainer.ts';

const end: LayerSpec = { kind: 'dense', units: 1, activation: 'sigmoid' };
const pictures = (...layers: LayerSpec[]): ModelUse => ({
  model: { layers: [...layers, { kind: 'mean-pool' }, end] },
  shape: [7, 6, 4],
  target: BINARY,
});
const steps = (...layers: LayerSpec[]): ModelUse => ({
  model: { layers: [...layers, { kind: 'flatten' }, end] },
  shape: [5, 4],
  target: BINARY,
});
const conv = { kind: 'conv2d', filters: 3, size: 3, stride: 1, padding: 'same', activation: 'relu' } as const;

/** A model about each layer, in each of its ways. The layer in question is not the first, so that its input's gradient counts. */
const MODELS: Record<string, ModelUse> = {
  'dense over steps': steps(
    { kind: 'dense', units: 3, activation: 'tanh' },
    { kind: 'dense', units: 5, activation: 'relu' },
  ),
  'convolution, same': pictures(conv, { ...conv, size: 5, filters: 2, activation: 'sigmoid' }),
  'convolution, valid, stride 2': pictures(conv, { ...conv, stride: 2, padding: 'valid', activation: 'tanh' }),
  'convolution, same, stride 3': pictures(conv, { ...conv, stride: 3, size: 2, activation: 'linear' }),
  'max pool that leaves a line out': pictures({ ...conv, activation: 'linear' }, { kind: 'max-pool', size: 2 }),
  'convolution over steps': steps(
    { kind: 'dense', units: 3, activation: 'tanh' },
    { kind: 'conv1d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'tanh' },
    { kind: 'conv1d', filters: 3, size: 2, stride: 2, padding: 'valid', activation: 'relu' },
  ),
  'largest over all places': {
    model: { layers: [{ kind: 'dense', units: 4, activation: 'tanh' }, { kind: 'max-over' }, end] },
    shape: [5, 4],
    target: BINARY,
  },
  'group norm': pictures({ ...conv, filters: 6 }, { kind: 'group-norm', groups: 3, activation: 'tanh' }),
  'group norm, one group': pictures(conv, { kind: 'group-norm', groups: 1, activation: 'relu' }),
  'residual block': pictures({ ...conv, filters: 4 }, { kind: 'residual', filters: 4, stride: 1, groups: 2 }),
  'residual block with a projection': pictures(conv, { kind: 'residual', filters: 4, stride: 2, groups: 4 }),
  'gru, last state': {
    model: { layers: [{ kind: 'gru', units: 3, sequences: true }, { kind: 'gru', units: 4, sequences: false }, end] },
    shape: [5, 4],
    target: BINARY,
  },
  'gru, every state': steps(
    { kind: 'dense', units: 3, activation: 'linear' },
    { kind: 'gru', units: 4, sequences: true },
  ),
  transformer: steps(
    { kind: 'dense', units: 6, activation: 'linear' },
    { kind: 'transformer', heads: 3, causal: false },
  ),
  'causal transformer': steps(
    { kind: 'dense', units: 4, activation: 'linear' },
    { kind: 'transformer', heads: 2, causal: true },
  ),
};
/** A model that is adapted: its gradient goes through layers that stay as they are. */
const adapted = (use: ModelUse, rank: number, head: 'trained' | 'adapted' = 'trained'): ModelUse => ({
  ...use,
  model: { ...use.model, adapter: { kind: 'lora', rank, alpha: 3, head } },
});
const wide: LayerSpec = { kind: 'dense', units: 8, activation: 'tanh' };
const ADAPTED: Record<string, ModelUse> = {
  'dense layers': adapted(
    {
      model: { layers: [wide, { ...wide, activation: 'relu' }, { ...wide, activation: 'sigmoid' }, end] },
      shape: [6],
      target: BINARY,
    },
    2,
  ),
  'the head too': adapted(
    {
      model: { layers: [wide, { kind: 'dense', units: 5, activation: 'linear' }] },
      shape: [6],
      target: { kind: 'classes', names: ['a', 'b', 'c', 'd', 'e'] },
    },
    2,
    'adapted',
  ),
  'dense over steps': adapted(steps(wide, { ...wide, units: 5, activation: 'linear' }), 1),
  'convolutions and norms in between': adapted(
    pictures(wide, conv, { kind: 'group-norm', groups: 3, activation: 'relu' }, { ...wide, activation: 'linear' }),
    1,
  ),
  'a residual block in between': adapted(pictures(wide, { kind: 'residual', filters: 4, stride: 2, groups: 2 }), 1),
  'convolution over steps in between': adapted(
    steps(wide, { kind: 'conv1d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'tanh' }),
    1,
  ),
  'a gru in between': adapted(steps(wide, { kind: 'gru', units: 4, sequences: true }), 1),
  'a transformer in between': adapted(steps(wide, { kind: 'transformer', heads: 2, causal: false }), 1),
  'frozen layers before': adapted(pictures(conv, { kind: 'max-pool', size: 2 }, wide), 1),
  'private layers': {
    ...pictures(wide, conv, { kind: 'group-norm', groups: 3, activation: 'tanh' }),
    model: {
      layers: [...pictures(wide, conv, { kind: 'group-norm', groups: 3, activation: 'tanh' }).model.layers],
      adapter: { kind: 'lora', rank: 1, alpha: 1, head: 'trained' },
      private: [2, 4],
    },
  },
};
for (const [name, use] of Object.entries(ADAPTED)) MODELS[`adapted: ${name}`] = use;
for (const [name, data] of Object.entries(DATA)) {
  for (const preset of presetsFor(data))
    MODELS[`${preset} over ${name}`] ??= { model: presetModel(preset, data), data };
}

const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0);

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(() => startBackend({ prefer: [backend] }));

  test.each(Object.entries(MODELS))('%s: every layer as the reference, and the gradient', async (_, use) => {
    useBackend(backend);
    const before = tf.memory().numTensors;
    const network = planNetwork(use);
    const random = new SeededRandom(new Uint8Array(12).fill(9));
    const features = exampleFeatures(network, 3, random);
    // An adapter's second kernel begins at 0, where it would show nothing.
    const flat = (await initialWeights(use, new Uint8Array(32).fill(4))).map((weight) => weight || 0.1);
    const tensors = uploadWeights(network, flat);
    const passes = tf.tidy(() => {
      const x = tf.tensor(features, [3, ...network.input], 'float32');
      return forward(network, tensors, x).passes.map(({ y }) => y.clone());
    });
    let x: Float64Array = Float64Array.from(features);
    const weights = layerWeights(use, Float64Array.from(flat));
    for (const [i, plan] of planModel(use).layers.entries()) {
      const last = i === weights.length - 1;
      x = forwardLayer(last ? { ...plan, layer: linear(plan.layer) } : plan, weights[i] ?? [], x, 3);
      const y = passes[i] as tf.Tensor;
      expect(y.shape).toEqual([3, ...plan.output]);
      expect(difference(x, await y.data())).toBeLessThan(2e-5);
    }
    tf.dispose([...tensors, ...passes]);
    expect(await gradientError(network)).toBeLessThan(5e-5);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('training of presets: wasm and cpu agree after some steps, and nothing leaks', () => {
  const presets = Object.entries(MODELS).filter(([, use]) => 'data' in use);

  test.each(presets)('%s', async (_, use) => {
    const network = planNetwork(use);
    const random = new SeededRandom(new Uint8Array(12).fill(6));
    const rows = 3;
    const job = {
      weights: await initialWeights(use, new Uint8Array(32).fill(2)),
      features: exampleFeatures(network, rows, random),
      labels: exampleLabels(network, rows, random),
      rows,
      steps: 3,
      batchSize: 2,
      learningRate: 0.05,
      l2: 0.001,
      seed: new Uint8Array(32).fill(3),
    };
    const results = [];
    for (const backend of ['wasm', 'cpu'] as const) {
      const trainer = await createTrainer({ spec: use, prefer: [backend] });
      const before = tf.memory().numTensors;
      const result = await trainer.train(job);
      const scores = await trainer.predict(result.weights, job.features, rows);
      expect(tf.memory().numTensors).toBe(before);
      results.push({ ...result, scores });
    }
    const [wasm, cpu] = results;
    expect(wasm?.steps).toBe(3);
    expect(difference(wasm?.weights ?? [], cpu?.weights ?? [])).toBeLessThan(2e-5);
    expect(difference(wasm?.scores ?? [], cpu?.scores ?? [])).toBeLessThan(1e-4);
    expect(difference(wasm?.weights ?? [], job.weights)).toBeGreaterThan(1e-4);
  });
});
