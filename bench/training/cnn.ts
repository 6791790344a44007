/**
 * A step of McMahan's network for pictures (AISTATS 2017: 5 x 5 x 32, pool, 5 x 5 x 64, pool, 512, 10) on the wasm backend with the kernels of
 * src/training/wasm-kernels, over the same step
 * - on tfjs's cpu backend, and
 * - on wasm with what was known before: missing and wrong kernels left to the cpu backend, gradients of convolutions as convolutions,
 *   and tfjs's own products.
 * Processor times of single steps, turn by turn in one run; the least counts, because what else the machine does only adds.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { SeededRandom } from '../../src/core/random.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import { startBackend } from '../../src/training/backends.ts';
import { disposeWeights, planNetwork, sgdStep, uploadWeights } from '../../src/training/network.ts';
import { installDelegates } from '../../src/training/wasm-kernels/delegate.ts';
import { type BenchContext, type Figure, figure } from '../figure.ts';

const BATCH = 32;
const DIGITS: ModelUse = {
  model: {
    layers: [
      { kind: 'conv2d', filters: 32, size: 5, stride: 1, padding: 'same', activation: 'relu' },
      { kind: 'max-pool', size: 2 },
      { kind: 'conv2d', filters: 64, size: 5, stride: 1, padding: 'same', activation: 'relu' },
      { kind: 'max-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', units: 512, activation: 'relu' },
      { kind: 'dense', units: 10, activation: 'linear' },
    ],
  },
  shape: [28, 28, 1],
  target: { kind: 'classes', names: Array.from({ length: 10 }, (_, digit) => String(digit)) },
};

export async function cnnFigures({
  full,
  progress,
}: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const shipped = await shippedProduct();
  await startBackend({ prefer: ['wasm'] });
  const ours = kernelsNow();
  const before = { ...ours, BatchMatMul: shipped, MaxPoolGrad: delegated('MaxPoolGrad') };
  const turns = full ? 20 : 6;
  const least = { ours: Infinity, before: Infinity };
  for (let turn = 0; turn < turns; turn++) {
    progress(`training: convolutional network, turn ${turn + 1} of ${turns}`);
    for (const [name, kernels] of [
      ['ours', ours],
      ['before', before],
    ] as const) {
      install(kernels);
      least[name] = Math.min(least[name], await timeSteps('wasm', 3));
    }
  }
  install(ours);
  progress('training: convolutional network on the cpu backend');
  const cpu = await timeSteps('cpu', 1);
  const name = `McMahan's network, batch ${BATCH}, wasm, one thread, Node`;
  return [
    figure({
      id: 'training.cnnWasmOverCpu',
      value: least.ours / cpu,
      unit: 'ratio',
      goal: 0.03,
      better: 'lower',
      note: `${least.ours.toFixed(0)} ms a step over ${cpu.toFixed(0)} on tfjs's cpu backend; ${name}`,
    }),
    figure({
      id: 'training.cnnWasmOverStacked',
      value: least.ours / least.before,
      unit: 'ratio',
      goal: 0.7,
      better: 'lower',
      note: `${least.ours.toFixed(0)} ms a step over ${least.before.toFixed(0)} with the two patches known before alone; ${name}`,
    }),
  ];
}

type Kernels = Readonly<Record<'BatchMatMul' | 'MaxPoolGrad', tf.KernelConfig>>;

/** tfjs's own product of matrices on wasm, before ours takes its place. */
async function shippedProduct(): Promise<tf.KernelConfig> {
  await import('@tensorflow/tfjs-backend-wasm');
  return wasmKernel('BatchMatMul');
}

function kernelsNow(): Kernels {
  return { BatchMatMul: wasmKernel('BatchMatMul'), MaxPoolGrad: wasmKernel('MaxPoolGrad') };
}

/** The cpu backend's kernel for wasm. */
function delegated(name: 'MaxPoolGrad'): tf.KernelConfig {
  const kept = wasmKernel(name);
  installDelegates([name]);
  const made = wasmKernel(name);
  register(kept);
  return made;
}

function install(kernels: Kernels): void {
  for (const kernel of Object.values(kernels)) register(kernel);
}

function register(kernel: tf.KernelConfig): void {
  if (tf.getKernel(kernel.kernelName, 'wasm') !== undefined) tf.unregisterKernel(kernel.kernelName, 'wasm');
  tf.registerKernel(kernel);
}

function wasmKernel(name: string): tf.KernelConfig {
  const kernel = tf.getKernel(name, 'wasm');
  if (kernel === undefined) throw new Error(`the wasm backend has no kernel ${name}`);
  return { ...kernel, kernelName: name, backendName: 'wasm' };
}

/** Processor milliseconds of the quickest of some steps. */
async function timeSteps(backend: 'wasm' | 'cpu', steps: number): Promise<number> {
  await tf.setBackend(backend);
  const network = planNetwork(DIGITS);
  const seed = new Uint8Array(32).fill(2);
  const random = new SeededRandom(seed);
  const pixels = Float32Array.from({ length: BATCH * 784 }, () => random.uniform());
  const features = tf.tensor(pixels, [BATCH, 28, 28, 1]);
  const labels = tf.tensor(
    Float32Array.from({ length: BATCH }, () => random.below(10)),
    [BATCH, 1],
  );
  const factors = { deltaScale: tf.scalar(0.01 / BATCH) };
  let weights = uploadWeights(network, await initialWeights(DIGITS, seed));
  let least = Infinity;
  try {
    for (let step = 0; step < steps; step++) {
      const start = process.cpuUsage();
      ({ weights } = sgdStep(network, weights, features, labels, factors, false));
      await weights[0]?.data();
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1000);
    }
  } finally {
    disposeWeights(weights);
    tf.dispose([features, labels, factors.deltaScale]);
  }
  return least;
}
