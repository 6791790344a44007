/**
 * A step of the preset mcmahan-cnn over digits of 28 x 28 on the wasm backend with the kernels of src/training/wasm-kernels, over the same step
 * - on tfjs's cpu backend, and
 * - on wasm with what was known before: missing and wrong kernels left to the cpu backend, gradients of convolutions as convolutions,
 *   and tfjs's own products.
 * Processor times of single steps, turn by turn in one run; a figure is the median of the turns' ratios. cpu takes minutes for a batch of 32,
 * so it gets a smaller one, and wasm the same there.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { SeededRandom } from '../../src/core/random.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { presetModel } from '../../src/model/presets.ts';
import { pictures } from '../../src/model/testing/data.ts';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import { startBackend } from '../../src/training/backends.ts';
import { planNetwork, sgdStep, uploadWeights } from '../../src/training/network.ts';
import { exampleFeatures, exampleLabels } from '../../src/training/self-test.ts';
import { installDelegates } from '../../src/training/wasm-kernels/delegate.ts';
import { type BenchContext, type Figure, figure } from '../figure.ts';
import { median, processorMs } from './timing.ts';

const BATCH = 32;
const CPU_BATCH = 4;
const DATA = pictures(28, 10);
const DIGITS: ModelUse = { model: presetModel('mcmahan-cnn', DATA), data: DATA };

export async function cnnFigures({
  full,
  progress,
}: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const shipped = await shippedProduct();
  await startBackend({ prefer: ['wasm'] });
  const ours = kernelsNow();
  const before = { ...ours, BatchMatMul: shipped, MaxPoolGrad: delegated('MaxPoolGrad') };
  const turns = full ? 40 : 12;
  const steps = { ours: await steppers('wasm', BATCH), cpu: await steppers('cpu', CPU_BATCH) };
  const times: number[] = [];
  const overBefore: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    progress(`training: convolutional network, turn ${turn + 1} of ${turns}`);
    install(before);
    const old = await steps.ours.step();
    install(ours);
    const own = await steps.ours.step();
    times.push(own);
    overBefore.push(own / old);
  }
  steps.ours.end();
  const small = await steppers('wasm', CPU_BATCH);
  const overCpu: number[] = [];
  const cpuTimes: number[] = [];
  for (let turn = 0; turn < (full ? 7 : 3); turn++) {
    progress(`training: convolutional network on the cpu backend, turn ${turn + 1}`);
    cpuTimes.push(await steps.cpu.step());
    overCpu.push((await small.step()) / (cpuTimes.at(-1) as number));
  }
  small.end();
  steps.cpu.end();
  const name = 'the preset mcmahan-cnn over 28 x 28, wasm, one thread, Node';
  return [
    figure({
      id: 'training.cnnWasmOverCpu',
      value: median(overCpu),
      unit: 'ratio',
      goal: 0.03,
      better: 'lower',
      note: `a step over ${median(cpuTimes).toFixed(0)} ms on tfjs's cpu backend, batch ${CPU_BATCH}; ${name}`,
    }),
    figure({
      id: 'training.cnnWasmOverStacked',
      value: median(overBefore),
      unit: 'ratio',
      goal: 0.7,
      better: 'lower',
      note: `${median(times).toFixed(0)} ms a step over the same with the two patches known before alone, batch ${BATCH}; ${name}`,
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

/** Single steps on one batch, each with its processor milliseconds; one is made to warm up where it takes no minute. */
async function steppers(
  backend: 'wasm' | 'cpu',
  size: number,
): Promise<{ step: () => Promise<number>; end: () => void }> {
  await tf.setBackend(backend);
  const network = planNetwork(DIGITS);
  const seed = new Uint8Array(32).fill(2);
  const random = new SeededRandom(seed);
  const x = tf.tensor(exampleFeatures(network, size, random), [size, ...network.input]);
  const labels = tf.tensor2d(Float32Array.from(exampleLabels(network, size, random)), [size, 1]);
  const factors = { deltaScale: tf.scalar(0.01 / size) };
  let weights = uploadWeights(network, await initialWeights(DIGITS, seed));
  const step = async (): Promise<number> => {
    await tf.setBackend(backend);
    return processorMs(async () => {
      ({ weights } = sgdStep(network, weights, { x, labels }, factors, false));
      await weights[0]?.data();
    });
  };
  if (backend === 'wasm') await step();
  return { step, end: () => tf.dispose([...weights, x, labels, factors.deltaScale]) };
}
