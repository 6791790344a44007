/**
 * What the trainer adds to the arithmetic, on wasm. Three loops over the same rows, model and permutation take short turns, so that what
 * else the machine does hits all alike; a figure is the median over the turns of the ratio of processor times (all threads of the process).
 *
 * - the trainer: batches, abort checks, loss readings, turns of the event loop, read-back and final scoring are all in its time;
 * - bare: the same forward and backward kernels and the same gathering of batches, nothing else;
 * - usual: how tfjs's documentation trains, optimizer.minimize over a gradient tape, on batches cut beforehand.
 */
import * as tf from '@tensorflow/tfjs';
import { SeededRandom } from '../src/core/random.ts';
import { initialWeights } from '../src/model/initialise.ts';
import { presetModel, presetsFor } from '../src/model/presets.ts';
import { DATA } from '../src/model/testing/data.ts';
import { BINARY } from '../src/protocol/target.ts';
import type { ModelUse } from '../src/protocol/model-shapes.ts';
import type { TrainerJob } from '../src/protocol/ports.ts';
import { disposeTensors, download, planNetwork, sgdStep, uploadWeights } from '../src/training/network.ts';
import { exampleFeatures, exampleLabels } from '../src/training/self-test.ts';
import { createTrainer } from '../src/training/trainer.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';
import { cnnFigures } from './training/cnn.ts';
import { presetFigures } from './training/presets.ts';
import { streamFigures } from './training/stream.ts';
import { median, processorMs } from './training/timing.ts';

const INPUT_WIDTH = 30;
const SPEC: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 64, activation: 'relu' },
      { kind: 'dense', units: 32, activation: 'relu' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [INPUT_WIDTH],
  target: BINARY,
};
const BATCH = 32;
const ROWS = 50 * BATCH;
const NAME = `${INPUT_WIDTH}-64-32-1, batch ${BATCH}, wasm, Node`;

type BenchJob = TrainerJob & { readonly epochs: number };

export async function run({ full, progress }: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const job = await makeJob(full ? 20 : 10);
  const trainer = await createTrainer({ spec: SPEC, prefer: ['wasm'], reportEvery: 50 });
  const loops = { trainer: () => trainer.train(job), bare: () => trainBare(job), usual: () => trainUsual(job) };

  // Warms the code up, and shows that the first two compute the same.
  const [ours, bare] = [await loops.trainer(), await loops.bare()];
  await loops.usual();
  const same = ours.weights.every((weight, i) => weight === bare[i]);

  const before = tf.memory().numTensors;
  const turns = full ? 120 : 50;
  const overheads: number[] = [];
  const advantages: number[] = [];
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    if (turn % 10 === 0) progress(`training: turn ${turn + 1} of ${turns}`);
    // Who goes first changes, since the second inherits the first one's garbage.
    const [first, second] = turn % 2 === 0 ? (['trainer', 'bare'] as const) : (['bare', 'trainer'] as const);
    const spent = { [first]: await processorMs(loops[first]), [second]: await processorMs(loops[second]) };
    const trainerMs = spent['trainer'] as number;
    overheads.push(trainerMs / (spent['bare'] as number));
    times.push(trainerMs);
    // Slower by far, and told from the trainer's by far: a few runs decide.
    if (turn % 10 === 0) advantages.push((await processorMs(loops.usual)) / trainerMs);
  }
  const leaks = tf.memory().numTensors - before;
  trainer.dispose();
  const ofPresets = await presetLeaks(progress);

  const perStep = `${(median(times) / ours.steps).toFixed(3)} ms a step`;
  return [
    figure({
      id: 'training.overhead',
      value: median(overheads),
      unit: 'ratio',
      goal: 1.05,
      better: 'lower',
      note: `processor time of a run through the trainer over a bare tfjs loop of the same kernels; ${NAME}; ${perStep}; the two give ${same ? 'the same bits' : 'DIFFERENT weights'}`,
    }),
    figure({
      id: 'training.advantage',
      value: median(advantages),
      unit: 'ratio',
      goal: 1,
      better: 'higher',
      note: `processor time of optimizer.minimize with tfjs's gradient tape over the trainer's; ${NAME}; both with the corrected wasm kernels`,
    }),
    figure({
      id: 'training.leaks',
      value: leaks + ofPresets.leaks,
      unit: 'tensors',
      goal: 0,
      better: 'lower',
      note: `tensors left after ${turns} runs of ${ours.steps} steps, ${NAME}; and after ${PRESET_STEPS} steps, batch ${PRESET_BATCH}, of each of ${ofPresets.presets} presets over tables, pictures, texts and series`,
    }),
    ...(await cnnFigures({ full, progress })),
    ...(await streamFigures({ full, progress })),
    ...(await presetFigures({ progress })),
  ];
}

const PRESET_STEPS = 1000;
const PRESET_BATCH = 2;

/** Tensors that are left when every preset has trained on small data of every kind. */
async function presetLeaks(progress: (line: string) => void): Promise<{ leaks: number; presets: number }> {
  let leaks = 0;
  let presets = 0;
  for (const [name, data] of Object.entries(DATA)) {
    for (const preset of presetsFor(data)) {
      progress(`training: ${preset} over ${name}`);
      const spec = { model: presetModel(preset, data), data };
      const network = planNetwork(spec);
      const seed = new Uint8Array(32).fill(1);
      const random = new SeededRandom(seed);
      const rows = 4 * PRESET_BATCH;
      const trainer = await createTrainer({ spec, prefer: ['wasm'], reportEvery: 100 });
      const before = tf.memory().numTensors;
      await trainer.train({
        weights: await initialWeights(spec, seed),
        features: exampleFeatures(network, rows, random),
        labels: exampleLabels(network, rows, random),
        rows,
        steps: PRESET_STEPS,
        batchSize: PRESET_BATCH,
        learningRate: 0.01,
        l2: 0,
        seed,
      });
      leaks += tf.memory().numTensors - before;
      presets++;
      trainer.dispose();
    }
  }
  return { leaks, presets };
}

async function makeJob(epochs: number): Promise<BenchJob> {
  const seed = new Uint8Array(32).fill(1);
  const random = new SeededRandom(seed);
  const features = Float32Array.from({ length: ROWS * INPUT_WIDTH }, () => 2 * random.uniform() - 1);
  const labels = Uint8Array.from({ length: ROWS }, (_, i) => ((features[i * INPUT_WIDTH] as number) > 0 ? 1 : 0));
  const weights = await initialWeights(SPEC, seed);
  return { weights, features, labels, rows: ROWS, epochs, batchSize: BATCH, learningRate: 0.05, l2: 0, seed };
}

async function trainBare(job: BenchJob): Promise<Float32Array> {
  const network = planNetwork(SPEC);
  const random = new SeededRandom(job.seed);
  const deltaScale = tf.scalar(job.learningRate / BATCH);
  let weights = uploadWeights(network, job.weights);
  for (let epoch = 0; epoch < job.epochs; epoch++) {
    const order = random.permutation(ROWS);
    for (let start = 0; start < ROWS; start += BATCH) {
      const { x, y } = cut(job, order.subarray(start, start + BATCH));
      ({ weights } = sgdStep(network, weights, { x, labels: y }, { deltaScale }, false));
      tf.dispose([x, y]);
    }
  }
  const flat = await download(network, weights, new Float32Array(network.weightCount));
  disposeTensors(weights);
  deltaScale.dispose();
  return flat;
}

async function trainUsual(job: BenchJob): Promise<void> {
  const order = new SeededRandom(job.seed).permutation(ROWS);
  const batches = Array.from({ length: ROWS / BATCH }, (_, i) => cut(job, order.subarray(i * BATCH, (i + 1) * BATCH)));
  const from = uploadWeights(planNetwork(SPEC), job.weights);
  const variables = from.map((weight) => tf.variable(weight));
  const layers = [0, 2, 4].map((i) => ({ kernel: variables[i] as tf.Tensor2D, bias: variables[i + 1] as tf.Tensor }));
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
  tf.dispose([...variables, ...from]);
}

function cut({ features, labels }: TrainerJob, picked: Uint32Array): { x: tf.Tensor2D; y: tf.Tensor2D } {
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
