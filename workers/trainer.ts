/** The trainer's worker: tfjs on its own thread, so that neither the page nor the protocol ever waits for a step. */
import { expose } from 'comlink';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import { MurmurError } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import { recordRandomness } from '../src/training/records.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type Trainer, createTrainer } from '../src/training/trainer.ts';
import { timeStep } from '../src/training/trial.ts';
import type { TrainerApi } from './api/trainer.ts';
import './transfer.ts';

let trainer: Trainer | undefined;

function started(): Trainer {
  if (trainer === undefined) throw new MurmurError('internal', 'the trainer was used before it was started');
  return trainer;
}

async function start(spec: TaskSpec): Promise<Trainer> {
  trainer?.dispose();
  trainer = await createTrainer({
    spec,
    wasmPaths: { plain: wasmPlain, simd: wasmSimd },
    randomness: recordRandomness(secureRandom),
  });
  return trainer;
}

const api: TrainerApi = {
  start: async (spec) => (await start(spec)).backend,
  train: (job, onStep, signal) => started().train({ ...job, onStep, signal }),
  predict: (weights, features, rows) => started().predict(weights, features, rows),
  async trial(spec, rows) {
    const { backend, report } = await start(spec);
    return { backend, message: report.message, stepMs: await timeStep(started(), spec, rows) };
  },
};

expose(api);
