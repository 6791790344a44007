/** The trainer's worker as a TrainerPort. Arrays are copied once here and then moved, because callers go on using theirs. */
import { type Remote, proxy, transfer, wrap } from 'comlink';
import { MurmurError } from '../src/core/errors.ts';
import type { TrainerPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { TrainerApi, TrialResult } from './api/trainer.ts';
import './transfer.ts';

export interface TrainerWorker {
  createTrainer(spec: TaskSpec): Promise<TrainerPort>;
  /** Times a step of a task (api/trainer.ts). */
  trial(spec: TaskSpec, rows: number): Promise<TrialResult>;
  /** Ends the worker; calls under way never come back, so cancel them first. */
  stop(): void;
}

/** The worker starts with the first trainer. */
export function trainerWorker(): TrainerWorker {
  let worker: Worker | undefined;
  const started = () => {
    worker?.terminate();
    const fresh = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });
    worker = fresh;
    const failed = new Promise<never>((_, reject) => {
      fresh.addEventListener('error', ({ message }) => {
        reject(new MurmurError('internal', message || 'the training worker could not be loaded'));
      });
    });
    failed.catch(() => undefined);
    return { api: wrap<TrainerApi>(fresh), failed };
  };
  return {
    async createTrainer(spec) {
      const { api, failed } = started();
      const backend = await Promise.race([api.start(spec), failed]);
      return trainerPort(api, backend, failed);
    },
    trial(spec, rows) {
      const { api, failed } = started();
      return Promise.race([api.trial(spec, rows), failed]);
    },
    stop() {
      worker?.terminate();
      worker = undefined;
    },
  };
}

function trainerPort(api: Remote<TrainerApi>, backend: string, failed: Promise<never>): TrainerPort {
  return {
    backend,
    train({ onStep, signal, ...job }) {
      const copy = {
        ...job,
        weights: job.weights.slice(),
        features: job.features.slice(),
        labels: job.labels.slice(),
        seed: job.seed.slice(),
      };
      const moved = transfer(copy, [copy.weights.buffer, copy.features.buffer, copy.labels.buffer, copy.seed.buffer]);
      return Promise.race([api.train(moved, onStep && proxy(onStep), signal), failed]);
    },
    predict(weights, features, rows) {
      const copies = [weights.slice(), features.slice()] as const;
      return Promise.race([
        api.predict(transfer(copies[0], [copies[0].buffer]), transfer(copies[1], [copies[1].buffer]), rows),
        failed,
      ]);
    },
  };
}
