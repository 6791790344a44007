/** A module worker that tests the gradients of small models on one backend, with all kernels right or with one made wrong. */
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import { memory } from '@tensorflow/tfjs-core';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import { type Backend, startBackend } from '../../src/training/backends.ts';
import { planNetwork } from '../../src/training/network.ts';
import { gradientError } from '../../src/training/self-test.ts';
import { breakKernel } from '../../src/training/testing/break-kernel.ts';
import { SMALL_MODELS } from '../../src/training/testing/small-models.ts';

export type Question =
  | { readonly ask: 'error'; readonly backend: Backend; readonly model: string }
  | { readonly ask: 'fall back'; readonly backend: Backend; readonly model: string; readonly wrong: string };

export type Reply =
  | { readonly error: number; readonly leaked: number }
  | { readonly backend: Backend; readonly message: string }
  | { readonly failure: string };

const start = (prefer: readonly Backend[], model: ModelUse) =>
  startBackend({ prefer, model, allowFallbackAdapter: true, wasmPaths: { plain: wasmPlain, simd: wasmSimd } });

async function answer(question: Question): Promise<Reply> {
  const model = SMALL_MODELS[question.model] as ModelUse;
  // A logistic model starts the backend quickly.
  await start([question.backend], SMALL_MODELS['logistic over a table'] as ModelUse);
  if (question.ask === 'error') {
    const before = memory().numTensors;
    const error = await gradientError(planNetwork(model), { batch: 32, records: true });
    return { error, leaked: memory().numTensors - before };
  }
  const mend = breakKernel(question.wrong, question.backend);
  try {
    const { backend, report } = await start([question.backend, 'cpu'], model);
    return { backend, message: report.message };
  } finally {
    mend();
  }
}

addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  postMessage(await answer(data).catch((error: unknown) => ({ failure: String(error) })));
});
