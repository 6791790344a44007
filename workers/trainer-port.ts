/** The trainer's worker as a TrainerPort. */
import { MurmurError } from '../src/core/errors.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type ThreadedTrainer, connectTrainer } from '../src/threads/trainer.ts';

export interface TrainerWorker {
  createTrainer(spec: TaskSpec): Promise<ThreadedTrainer>;
  /** Ends the worker; calls under way never come back, so cancel them first. */
  stop(): void;
}

/** The worker starts with the first trainer. */
export function trainerWorker(): TrainerWorker {
  let worker: Worker | undefined;
  return {
    createTrainer(spec) {
      worker?.terminate();
      const fresh = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });
      worker = fresh;
      const failed = new Promise<never>((_, reject) => {
        fresh.addEventListener('error', ({ message }) => {
          reject(new MurmurError('internal', message || 'the training worker could not be loaded'));
        });
      });
      failed.catch(() => undefined);
      return connectTrainer(fresh, spec, failed);
    },
    stop() {
      worker?.terminate();
      worker = undefined;
    },
  };
}
