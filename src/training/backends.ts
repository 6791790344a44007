/**
 * Chooses and starts the tfjs backend that trains: webgpu on a real adapter, else wasm with corrected kernels, else plain cpu.
 *
 * A backend is used only after it computed the gradient of the model at hand rightly (self-test.ts); when two did, a few timed
 * steps decide. cpu is started only when nothing else works. Every refusal says why, in words for a person.
 *
 * Each backend is a lazy import, so a page loads the code of those that it tries. The threaded wasm binary is not used: minifiers
 * break its worker, and it needs cross-origin isolation. webgl is left out: without a GPU it loses to wasm, with one to webgpu.
 */
import {
  env,
  findBackendFactory,
  getBackend,
  ones,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
} from '@tensorflow/tfjs-core';
import { MurmurError } from '../core/errors.ts';
import { labelWidth } from '../protocol/data-spec.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import { type Network, disposeWeights, planNetwork, sgdStep, uploadWeights } from './network.ts';
import { GRADIENT_TOLERANCE, gradientError } from './self-test.ts';
import { installWasmKernels } from './wasm-kernels/index.ts';

export type Backend = 'webgpu' | 'wasm' | 'cpu';

/** Where the wasm binaries lie: a folder ending in '/' (a path in Node), or the URL of each file. */
export type WasmPaths = string | { readonly plain: string; readonly simd: string };

export interface StartOptions {
  /** Backends that may be used; the fastest that works is, cpu only as the last resort. Default: all three. */
  readonly prefer?: readonly Backend[] | undefined;
  /** In a browser: the URLs of the binaries, from `?url` imports. In Node: nothing, the package finds its own. */
  readonly wasmPaths?: WasmPaths | undefined;
  /** Accept a WebGPU adapter that computes in software (for tests: it is slower than wasm). */
  readonly allowFallbackAdapter?: boolean | undefined;
  /** The model to test with; default a small dense one. */
  readonly use?: ModelUse | undefined;
  /** Called as soon as the verdict on a backend stands. */
  readonly onReport?: ((trial: BackendTrial) => void) | undefined;
  /** Clock in milliseconds; default performance.now. */
  readonly now?: (() => number) | undefined;
}

/** What became of one backend. `reason` is a sentence for people; `stepMs` and `gradientError` are there when they were measured. */
export interface BackendTrial {
  readonly backend: Backend;
  readonly works: boolean;
  readonly reason: string;
  readonly gradientError?: number;
  readonly stepMs?: number;
}

export interface BackendReport {
  readonly backend: Backend;
  /** One or more sentences: what is used, and why not the others. */
  readonly message: string;
  readonly trials: readonly BackendTrial[];
}

const ALL: readonly Backend[] = ['webgpu', 'wasm', 'cpu'];
const DEFAULT_USE: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 8, activation: 'relu' },
      { kind: 'dense', units: 4, activation: 'tanh' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [6],
  target: { kind: 'binary', names: ['no', 'yes'] },
};
const TIMED_BATCH = 32;
const LONGEST_RUN_MS = 50;

/** Backends that an earlier call chose: somebody may still train on them. */
const inUse = new Set<Backend>();

/**
 * Starts the best backend and makes it tfjs's current one.
 * @throws MurmurError unsupported when none of `prefer` works, with the reasons; bad-input for a model that does not fit
 */
export async function startBackend(options: StartOptions = {}): Promise<{ backend: Backend; report: BackendReport }> {
  const { prefer = ALL, onReport } = options;
  const use = options.use ?? DEFAULT_USE;
  const network = planNetwork(use);
  const trials: BackendTrial[] = [];
  const attempt = async (backend: Backend): Promise<void> => {
    const trial = await tryBackend(backend, { use, network }, options);
    trials.push(trial);
    onReport?.(trial);
  };

  for (const backend of prefer) if (backend !== 'cpu') await attempt(backend);
  if (prefer.includes('cpu') && !trials.some(({ works }) => works)) await attempt('cpu');

  const working = trials.filter(({ works }) => works).sort((a, b) => (a.stepMs ?? 0) - (b.stepMs ?? 0));
  const chosen = working[0];
  if (chosen === undefined) {
    throw new MurmurError(
      'unsupported',
      `No way to train here: ${trials.map(({ reason }) => reason).join(' ') || 'no backend was allowed.'}`,
      {
        hint: 'Use a current browser with WebAssembly, or allow the cpu backend.',
      },
    );
  }
  await setBackend(chosen.backend);
  inUse.add(chosen.backend);
  for (const { backend } of working.slice(1)) if (!inUse.has(backend)) release(backend);
  const others = trials
    .filter((trial) => trial !== chosen)
    .map((trial) => (trial.works ? `${trial.backend} works but is slower. ${trial.reason}` : trial.reason));
  const report = {
    backend: chosen.backend,
    message: [`Training runs on ${chosen.backend}. ${chosen.reason}`, ...others].join(' '),
    trials,
  };
  return { backend: chosen.backend, report };
}

async function tryBackend(
  backend: Backend,
  { use, network }: { readonly use: ModelUse; readonly network: Network },
  options: StartOptions,
): Promise<BackendTrial> {
  const refuse = (reason: string, more: Partial<BackendTrial> = {}): BackendTrial => ({
    backend,
    works: false,
    reason,
    ...more,
  });
  try {
    const refusal = await load(backend, options);
    if (refusal !== undefined) return refuse(refusal);
    if (!(await setBackend(backend)))
      return refuse(`${backend} did not start${backend === 'wasm' ? ' (was its binary found?)' : ''}.`);
    const error = await gradientError(use, network);
    if (!(error <= GRADIENT_TOLERANCE)) {
      return refuse(`${backend} computes wrong gradients here (relative error ${error.toExponential(1)}).`, {
        gradientError: error,
      });
    }
    const stepMs = await timeStep(network, options.now ?? (() => performance.now()));
    return {
      backend,
      works: true,
      reason: `A step on ${backend} takes ${stepMs.toPrecision(2)} ms.`,
      gradientError: error,
      stepMs,
    };
  } catch (error) {
    return refuse(`${backend} failed: ${error instanceof Error ? error.message : JSON.stringify(error)}.`);
  }
}

/** Imports a backend's code. A text is the reason why it must not be started. */
async function load(backend: Backend, options: StartOptions): Promise<string | undefined> {
  switch (backend) {
    case 'webgpu': {
      const refusal = await webgpuRefusal(options.allowFallbackAdapter ?? false);
      if (refusal === undefined) await import('@tensorflow/tfjs-backend-webgpu');
      return refusal;
    }
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      if (options.wasmPaths !== undefined) setWasmPaths(wasmFiles(options.wasmPaths));
      await installWasmKernels('dense');
      return undefined;
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      return undefined;
  }
}

function wasmFiles(paths: WasmPaths): Parameters<typeof import('@tensorflow/tfjs-backend-wasm').setWasmPaths>[0] {
  if (typeof paths === 'string') return paths;
  return {
    'tfjs-backend-wasm.wasm': paths.plain,
    'tfjs-backend-wasm-simd.wasm': paths.simd,
    // Never fetched (WASM_HAS_MULTITHREAD_SUPPORT is false), but setWasmPaths demands an entry.
    'tfjs-backend-wasm-threaded-simd.wasm': paths.simd,
  };
}

/** tfjs throws inside its own start when there is no adapter, so one is asked for first. */
async function webgpuRefusal(allowFallbackAdapter: boolean): Promise<string | undefined> {
  const { navigator } = globalThis as { navigator?: { readonly gpu?: GPU } };
  if (navigator?.gpu === undefined)
    return 'webgpu is not offered here (it needs a browser that has it, and https or localhost).';
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return 'webgpu found no graphics adapter.';
  if (adapter.info.isFallbackAdapter && !allowFallbackAdapter)
    return 'webgpu has only a software adapter, which is slower than wasm.';
  return undefined;
}

/** Milliseconds of a step, the median of three runs after a step to warm up; runs of up to five steps, fewer of a large model. */
async function timeStep(network: Network, now: () => number): Promise<number> {
  const { input, target } = network.plan;
  const features = ones([TIMED_BATCH, ...input]);
  const labels = ones([TIMED_BATCH, labelWidth(target)]);
  const factors = { deltaScale: scalar(1e-6) };
  let weights = uploadWeights(network, new Float32Array(network.weightCount).fill(0.01));
  const times: number[] = [];
  try {
    let steps = 1;
    for (let run = 0; run < 4; run++) {
      const start = now();
      for (let i = 0; i < steps; i++) ({ weights } = sgdStep(network, weights, features, labels, factors, false));
      await weights[0]?.data();
      times.push((now() - start) / steps);
      steps = Math.max(1, Math.min(5, Math.floor(LONGEST_RUN_MS / (now() - start))));
    }
  } finally {
    disposeWeights(weights);
    for (const tensor of [features, labels, factors.deltaScale]) tensor.dispose();
  }
  return times.slice(1).sort((a, b) => a - b)[1] as number;
}

/** Frees a backend that was tried and not chosen; it can be started again. */
function release(backend: Backend): void {
  const factory = findBackendFactory(backend);
  removeBackend(backend);
  registerBackend(backend, factory, 0);
}

/** Makes a started backend the current one; synchronous in effect, so nothing comes between it and the ops that follow. */
export function useBackend(backend: Backend): void {
  if (getBackend() !== backend) void setBackend(backend);
}
