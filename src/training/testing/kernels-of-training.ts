/** Which kernels training calls, found by watching it. */
import { getKernel, profile } from '@tensorflow/tfjs-core';
import { SeededRandom } from '../../core/random.ts';
import { initialWeights } from '../../model/initialise.ts';
import type { ModelUse } from '../../protocol/model-shapes.ts';
import type { Backend } from '../backends.ts';
import { planNetwork } from '../network.ts';
import { exampleFeatures, exampleLabels } from '../self-test.ts';
import { createTrainer } from '../trainer.ts';

const ROWS = 3;

/** Names of the kernels that a step with all that a step can have, a step of DP-SGD and a prediction call, in order. */
export async function kernelsOfTraining(use: ModelUse, backend: Backend): Promise<readonly string[]> {
  const network = planNetwork(use);
  const random = new SeededRandom(new Uint8Array(12).fill(6));
  const randomness = {
    random: (length: number) => new Uint8Array(length),
    normals: (length: number) => new Float64Array(length),
  };
  const trainer = await createTrainer({ spec: use, prefer: [backend], allowFallbackAdapter: true, randomness });
  const seed = new Uint8Array(32).fill(2);
  const weights = await initialWeights(use, seed);
  const job = {
    weights,
    features: exampleFeatures(network, ROWS, random),
    labels: exampleLabels(network, ROWS, random),
    rows: ROWS,
    steps: 1,
    batchSize: 2,
    learningRate: 0.01,
    l2: 0.01,
    proximal: 0.1,
    correction: new Float32Array(weights.length).fill(0.01),
    seed,
  };
  const { kernelNames } = await profile(async () => {
    await trainer.train({ ...job, clip: 0.01 });
    await trainer.train({ ...job, records: { clip: 0.01, noise: 0, rate: 1 } });
    await trainer.predict(weights, job.features, ROWS);
    return [];
  });
  trainer.dispose();
  // Operations with a gradient of their own are in it by other names too.
  return [...new Set(kernelNames)].filter((name) => getKernel(name, backend) !== undefined).toSorted();
}
