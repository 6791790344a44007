/** Every preset on data of every kind: right gradients on wasm, the same training as on cpu (but for convolutions), and no tensor left. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import { initialWeights } from '../model/initialise.ts';
import { presetModel, presetsFor } from '../model/presets.ts';
import { DATA } from '../model/testing/data.ts';
import { labelWidth, outputWidth } from '../protocol/data-spec.ts';
import { type ModelUse, planModel, sizeOf } from '../protocol/model-shapes.ts';
import { createTrainer } from './trainer.ts';

const USES = Object.entries(DATA).flatMap(([name, data]) =>
  presetsFor(data).map((preset): [string, ModelUse] => [
    `${preset} over ${name}`,
    { model: presetModel(preset, data), data },
  ]),
);
const ROWS = 3;

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0);

// Convolutions take plain cpu half a minute to start; layers.test.ts compares their kernels.
test.each(USES)('%s', async (name, use) => {
  const backends = /cnn|resnet/.test(name) ? (['wasm'] as const) : (['wasm', 'cpu'] as const);
  const { input, codes, target } = planModel(use);
  const random = new SeededRandom(new Uint8Array(12).fill(6));
  const kinds = target.kind === 'binary' ? 2 : outputWidth(target);
  const label = target.kind === 'value' ? () => random.uniform() : () => random.below(kinds);
  const job = {
    weights: await initialWeights(use, new Uint8Array(32).fill(2)),
    features: Float32Array.from({ length: ROWS * sizeOf(input) }, () =>
      codes === undefined ? 2 * random.uniform() - 1 : random.below(codes),
    ),
    labels: Float32Array.from({ length: ROWS * labelWidth(target) }, label),
    rows: ROWS,
    epochs: 1,
    steps: 3,
    batchSize: 2,
    learningRate: 0.05,
    l2: 0.001,
    seed: new Uint8Array(32).fill(3),
  };
  const trained: Float32Array[] = [];
  for (const backend of backends) {
    const trainer = await createTrainer({ use, prefer: [backend] });
    const before = tf.memory().numTensors;
    const { weights, steps } = await trainer.train(job);
    await trainer.predict(weights, job.features, ROWS);
    expect(steps).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
    trained.push(weights);
  }
  const [wasm, other = wasm] = trained as [Float32Array, Float32Array?];
  expect(difference(wasm, other)).toBeLessThan(2e-5);
  expect(difference(wasm, job.weights)).toBeGreaterThan(1e-4);
});
