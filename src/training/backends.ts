/**
 * Chooses and starts the tfjs backend that trains: webgpu on a real adapter, webgl on real hardware where there
 * is no webgpu, wasm with corrected kernels, else plain cpu.
 *
 * A backend is used only after it computed gradient and steps of the model at hand rightly (self-test.ts); when two did, a few timed
 * steps decide. cpu is started only when nothing else works. Every refusal says why, in words for a person.
 *
 * Each backend is a lazy import, so a page loads the code of those that it tries. The threaded wasm binary is not used: it gains too
 * seldom (docs/adr/0021). webgl is tried only where webgpu does not work, to which it loses, and only on hardware, because in software it
 * loses to wasm.
 */
import {
  env,
  findBackendFactory,
  getBackend,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
  tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { MurmurError } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import { BINARY } from '../protocol/target.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import { type Network, disposeTensors, planNetwork, sgdStep, uploadWeights } from './network.ts';
import {
  GRADIENT_TOLERANCE,
  type Oracle,
  createOracle,
  exampleFeatures,
  exampleLabels,
  gradientError,
} from './self-test.ts';
import { type KernelFamily, installWasmKernels } from './wasm-kernels/index.ts';

export type Backend = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** Where the wasm binaries lie: a folder ending in '/' (a path in Node), or the URL of each file. */
export type WasmPaths = string | { readonly plain: string; readonly simd: string };

export interface StartOptions {
  /** Backends that may be used; the fastest that works is, cpu only as the last resort. Default: all. */
  readonly prefer?: readonly Backend[] | undefined;
  /** In a browser: the URLs of the binaries, from `?url` imports. In Node: nothing, the package finds its own. */
  readonly wasmPaths?: WasmPaths | undefined;
  /** Accept a WebGPU adapter that computes in software (for tests: it is slower than wasm). */
  readonly allowFallbackAdapter?: boolean | undefined;
  /** 'all' also loads the kernels that only convolution, embedding and the like need. Default 'dense'. */
  readonly kernels?: KernelFamily | undefined;
  /** The model to test with; default a small one. */
  readonly model?: ModelUse | undefined;
  /** Whether it will be trained by DP-SGD, whose steps are then tested too; default false. */
  readonly records?: boolean | undefined;
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

const ALL: readonly Backend[] = ['webgpu', 'webgl', 'wasm', 'cpu'];
const DEFAULT_MODEL: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 8, activation: 'relu' },
      { kind: 'dense', units: 4, activation: 'tanh' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [6],
  target: BINARY,
};
const TIMED_BATCH = 32;
/** A step longer than this is timed once a run. */
const LONG_STEP_MS = 50;
/** A step longer than this has been timed enough. */
const TOO_LONG_MS = 500;

/** Backends that an earlier call chose: somebody may still train on them. */
const inUse = new Set<Backend>();

/**
 * Starts the best backend and makes it tfjs's current one.
 * @throws MurmurError unsupported when none of `prefer` works, with the reasons; bad-input for a model without sigmoid output
 */
export async function startBackend(options: StartOptions = {}): Promise<{ backend: Backend; report: BackendReport }> {
  const { prefer = ALL, onReport } = options;
  const network = planNetwork(options.model ?? DEFAULT_MODEL);
  const oracle = createOracle(network);
  const trials: BackendTrial[] = [];
  const attempt = async (backend: Backend): Promise<void> => {
    const trial = await tryBackend(backend, network, oracle, options);
    trials.push(trial);
    onReport?.(trial);
  };

  for (const backend of prefer) {
    const isBeaten = backend === 'webgl' && trials.some((trial) => trial.backend === 'webgpu' && trial.works);
    if (backend !== 'cpu' && !isBeaten) await attempt(backend);
  }
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
  network: Network,
  oracle: Oracle,
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
    // cpu computes every shape by the same loops, and a batch of pictures takes it minutes.
    const batch = backend === 'cpu' ? 0 : TIMED_BATCH;
    const error = await gradientError(network, { oracle, batch, records: options.records });
    if (!(error <= GRADIENT_TOLERANCE)) {
      return refuse(`${backend} computes wrong results here (relative error ${error.toExponential(1)}).`, {
        gradientError: error,
      });
    }
    // Nothing else works by then, so there is nothing to compare; and a convolution takes it many seconds.
    if (backend === 'cpu')
      return { backend, works: true, reason: 'It is plain JavaScript, and slow.', gradientError: error };
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
    case 'webgl': {
      const refusal = webglRefusal();
      if (refusal === undefined) await import('@tensorflow/tfjs-backend-webgl');
      return refusal;
    }
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      if (options.wasmPaths !== undefined) setWasmPaths(wasmFiles(options.wasmPaths));
      await installWasmKernels(options.kernels ?? 'dense');
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

/** Renderers that compute on the processor: SwiftShader (Chromium), llvmpipe and softpipe (Mesa), WARP (Windows). */
const SOFTWARE_RENDERER = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function webglRefusal(): string | undefined {
  const { OffscreenCanvas: Canvas } = globalThis as { OffscreenCanvas?: typeof OffscreenCanvas };
  const gl = Canvas && new Canvas(1, 1).getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!gl) return 'webgl is not offered here on a graphics card.';
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return SOFTWARE_RENDERER.test(renderer) ? 'webgl computes in software here, which is slower than wasm.' : undefined;
}

/** Milliseconds of a step, the median of three runs after one to warm up; runs of five where steps are short. */
async function timeStep(network: Network, now: () => number): Promise<number> {
  const random = new SeededRandom(new Uint8Array(12).fill(1));
  const features = exampleFeatures(network, TIMED_BATCH, random);
  const labels = Float32Array.from(exampleLabels(network, TIMED_BATCH, random));
  const batch = { x: tensor(features, [TIMED_BATCH, ...network.input]), labels: tensor2d(labels, [labels.length, 1]) };
  const deltaScale = scalar(1e-6);
  let weights = uploadWeights(network, new Float32Array(network.weightCount).fill(0.01));
  const run = async (steps: number): Promise<number> => {
    const start = now();
    for (let i = 0; i < steps; i++) ({ weights } = sgdStep(network, weights, batch, { deltaScale }, false));
    await weights.at(-1)?.data();
    return (now() - start) / steps;
  };
  const times: number[] = [];
  try {
    const first = await run(1);
    if (first > TOO_LONG_MS) return first;
    const steps = first > LONG_STEP_MS ? 1 : 5;
    for (let i = 0; i < 3; i++) times.push(await run(steps));
  } finally {
    disposeTensors([...weights, batch.x, batch.labels, deltaScale]);
  }
  return times.sort((a, b) => a - b)[1] as number;
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
