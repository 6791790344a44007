/** A module worker as the page has one: starts a trainer on the asked backend, trains once, predicts, and posts the outcome. */
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import { toErrorData } from '../../src/core/errors.ts';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import type { Backend } from '../../src/training/backends.ts';
import { type TrainingJob, createTrainer } from '../../src/training/trainer.ts';

export interface Order {
  readonly use: ModelUse;
  readonly prefer: readonly Backend[];
  readonly allowFallbackAdapter: boolean;
  readonly job: Omit<TrainingJob, 'signal' | 'onStep'>;
}

/** With `{abort: true}` a running order is stopped. */
const controller = new AbortController();

addEventListener('message', async ({ data }: MessageEvent<Order | { readonly abort: true }>) => {
  if ('abort' in data) return controller.abort();
  try {
    const { use, prefer, allowFallbackAdapter, job } = data;
    const wasmPaths = { plain: wasmPlain, simd: wasmSimd };
    const trainer = await createTrainer({ use, prefer, allowFallbackAdapter, wasmPaths });
    postMessage({ started: trainer.backend });
    const { weights, loss, steps } = await trainer.train({ ...job, signal: controller.signal });
    const scores = await trainer.predict(weights, job.features, job.rows);
    postMessage({ report: trainer.report, weights, loss, steps, scores });
  } catch (error) {
    postMessage({ error: toErrorData(error) });
  }
});
