/**
 * The trainer's worker as a TrainerPort. Arrays are copied once here and then moved, because callers go on using theirs. Windows of a
 * stream belong to nobody else and are moved as they are: opening and normalising them is this side's work, while the other one trains.
 */
import { type Remote, proxy, transfer, wrap } from 'comlink';
import { MurmurError } from '../src/core/errors.ts';
import type { TrainerPort } from '../src/protocol/ports.ts';
import type { RowStream } from '../src/protocol/row-source.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { ReadRows, TrainerApi } from './api/trainer.ts';
import './transfer.ts';

export interface TrainerWorker {
  createTrainer(spec: TaskSpec): Promise<TrainerPort>;
  /** Ends the worker; calls under way never come back, so cancel them first. */
  stop(): void;
}

/** The worker starts with the first trainer. */
export function trainerWorker(): TrainerWorker {
  let worker: Worker | undefined;
  return {
    async createTrainer(spec) {
      worker?.terminate();
      const fresh = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });
      worker = fresh;
      const failed = new Promise<never>((_, reject) => {
        fresh.addEventListener('error', ({ message }) => {
          reject(new MurmurError('internal', message || 'the training worker could not be loaded'));
        });
      });
      failed.catch(() => undefined);
      const api = wrap<TrainerApi>(fresh);
      const backend = await Promise.race([api.start(spec), failed]);
      return trainerPort(api, backend, failed);
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
    train({ onStep, signal, stream, ...job }) {
      const copy = {
        ...job,
        weights: job.weights.slice(),
        features: job.features.slice(),
        labels: job.labels.slice(),
        seed: job.seed.slice(),
        stream: stream && { starts: stream.starts, windowRows: stream.windowRows },
      };
      const moved = transfer(copy, [copy.weights.buffer, copy.features.buffer, copy.labels.buffer, copy.seed.buffer]);
      const read = stream && proxy(movingRows(stream));
      return Promise.race([api.train(moved, onStep && proxy(onStep), signal, read), failed]);
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

function movingRows(stream: RowStream): ReadRows {
  return async (rows) => {
    const { features, labels } = await stream.read(rows);
    return transfer({ features, labels }, [features.buffer, labels.buffer]);
  };
}
