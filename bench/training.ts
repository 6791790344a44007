/**
 * What the trainer adds to the arithmetic, on wasm. Three loops over the same rows, model and permutation take turns; a figure is
 * the ratio of the least processor times of a run (of all threads of the process), because what else the machine does only adds.
 *
 * - the trainer: batches, abort checks, loss readings, turns of the event loop, read-back and final scoring are all in its time;
 * - bare: the same forward and backward kernels and the same gathering of batches, nothing else;
 * - usual: how tfjs's documentation trains, optimizer.minimize over a gradient tape, on batches cut beforehand.
 */
import * as tf from '@tensorflow/tfjs';
import { SeededRandom } from '../src/core/random.ts';
import { initialWeights } from '../src/model/initialise.ts';
import type { ModelUse } from '../src/protocol/model-shapes.ts';
import { disposeWeights, downloadWeights, planNetwork, sgdStep, uploadWeights } from '../src/training/network.ts';
import { type TrainingJob, createTrainer } from '../src/training/trainer.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';
import { cnnFigures } from './training/cnn.ts';

const INPUT_WIDTH = 30;
const USE: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 64, activation: 'relu' },
      { kind: 'dense', units: 32, activation: 'relu' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [INPUT_WIDTH],
  target: { kind: 'binary', names: ['no', 'yes'] },
};
const BATCH = 32;
const ROWS = 50 * BATCH;
const NAME = `${INPUT_WIDTH}-64-32-1, batch ${BATCH}, wasm, Node`;

export async function run({ full, progress }: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const job = await makeJob(full ? 20 : 10);
  const trainer = await createTrainer({ use: USE, prefer: ['wasm'], reportEvery: 50 });
  const loops = { trainer: () => trainer.train(job), bare: () => trainBare(job), usual: () => trainUsual(job) };

  // Warms the code up, and shows that the first two compute the same.
  const [ours, bare] = [await loops.trainer(), await loops.bare()];
  await loops.usual();
  const same = ours.weights.every((weight, i) => weight === bare[i]);

  const before = tf.memory().numTensors;
  const least = { trainer: Infinity, bare: Infinity, usual: Infinity };
  const turns = full ? 60 : 30;
  for (let turn = 0; turn < turns; turn++) {
    progress(`training: turn ${turn + 1} of ${turns}`);
    for (const name of ['trainer', 'bare', 'usual'] as const) {
      // Slower by far, so a few runs decide.
      if (name === 'usual' && turn % 6 > 0) continue;
      const start = process.cpuUsage();
      await loops[name]();
      const { user, system } = process.cpuUsage(start);
      least[name] = Math.min(least[name], (user + system) / 1000);
    }
  }
  const leaks = tf.memory().numTensors - before;
  trainer.dispose();

  const perStep = `${(least.trainer / ours.steps).toFixed(3)} ms a step`;
  return [
    figure({
      id: 'training.overhead',
      value: least.trainer / least.bare,
      unit: 'ratio',
      goal: 1.05,
      better: 'lower',
      note: `processor time of a run through the trainer over a bare tfjs loop of the same kernels; ${NAME}; ${perStep}; the two give ${same ? 'the same bits' : 'DIFFERENT weights'}`,
    }),
    figure({
      id: 'training.advantage',
      value: least.usual / least.trainer,
      unit: 'ratio',
      goal: 1,
      better: 'higher',
      note: `processor time of optimizer.minimize with tfjs's gradient tape over the trainer's; ${NAME}; both with the corrected wasm kernels`,
    }),
    figure({
      id: 'training.leaks',
      value: leaks,
      unit: 'tensors',
      goal: 0,
      better: 'lower',
      note: `tensors left after ${turns} runs of ${ours.steps} steps; ${NAME}`,
    }),
    ...(await cnnFigures({ full, progress })),
  ];
}

async function makeJob(epochs: number): Promise<TrainingJob> {
  const seed = new Uint8Array(32).fill(1);
  const random = new SeededRandom(seed);
  const features = Float32Array.from({ length: ROWS * INPUT_WIDTH }, () => 2 * random.uniform() - 1);
  const labels = Uint8Array.from({ length: ROWS }, (_, i) => ((features[i * INPUT_WIDTH] as number) > 0 ? 1 : 0));
  const weights = await initialWeights(USE, seed);
  return { weights, features, labels, rows: ROWS, epochs, batchSize: BATCH, learningRate: 0.05, l2: 0, seed };
}

async function trainBare(job: TrainingJob): Promise<Float32Array> {
  const network = planNetwork(USE);
  const random = new SeededRandom(job.seed);
  const deltaScale = tf.scalar(job.learningRate / BATCH);
  let weights = uploadWeights(network, job.weights);
  for (let epoch = 0; epoch < job.epochs; epoch++) {
    const order = random.permutation(ROWS);
    for (let start = 0; start < ROWS; start += BATCH) {
      const { x, y } = cut(job, order.subarray(start, start + BATCH));
      ({ weights } = sgdStep(network, weights, x, y, { deltaScale }, false));
      tf.dispose([x, y]);
    }
  }
  const flat = await downloadWeights(network, weights);
  disposeWeights(weights);
  deltaScale.dispose();
  return flat;
}

async function trainUsual(job: TrainingJob): Promise<void> {
  const order = new SeededRandom(job.seed).permutation(ROWS);
  const batches = Array.from({ length: ROWS / BATCH }, (_, i) => cut(job, order.subarray(i * BATCH, (i + 1) * BATCH)));
  const network = planNetwork(USE);
  const uploaded = uploadWeights(network, job.weights);
  const variables = uploaded.map((weight) => tf.variable(weight));
  const layers = network.layers.map((_, i) => ({
    kernel: variables[2 * i] as tf.Variable<tf.Rank.R2>,
    bias: variables[2 * i + 1] as tf.Variable<tf.Rank.R1>,
  }));
  const optimizer = tf.train.sgd(job.learningRate);
  const loss = (x: tf.Tensor2D, y: tf.Tensor2D) => (): tf.Scalar => {
    const logits = layers.reduce<tf.Tensor2D>(
      (value, { kernel, bias }, i) =>
        tf.fused.matMul({
          a: value,
          b: kernel,
          bias,
          activation: i < layers.length - 1 ? 'relu' : 'linear',
        }) as tf.Tensor2D,
      x,
    );
    return tf.losses.sigmoidCrossEntropy(y, logits) as tf.Scalar;
  };
  for (let epoch = 0; epoch < job.epochs; epoch++) for (const { x, y } of batches) optimizer.minimize(loss(x, y));
  await layers[0]?.bias.data();
  optimizer.dispose();
  for (const { x, y } of batches) tf.dispose([x, y]);
  tf.dispose([...variables, ...uploaded]);
}

function cut({ features, labels }: TrainingJob, picked: Uint32Array): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const x = new Float32Array(picked.length * INPUT_WIDTH);
  picked.forEach((row, i) => x.set(features.subarray(row * INPUT_WIDTH, (row + 1) * INPUT_WIDTH), i * INPUT_WIDTH));
  return {
    x: tf.tensor2d(x, [picked.length, INPUT_WIDTH]),
    y: tf.tensor2d(
      Float32Array.from(picked, (row) => labels[row] as number),
      [picked.length, 1],
    ),
  };
}
