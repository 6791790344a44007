/** A training worker for what is not a round. It ends with each call, so that it holds no memory beside a round's own. */
import { cancelled } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { SeededRandom, secureRandom } from '../../src/core/random.ts';
import { readCheckpoint } from '../../src/model/checkpoint.ts';
import { roundSteps } from '../../src/protocol/training-spec.ts';
import { timeStep } from '../../src/session/trial.ts';
import type { WorkbenchApi } from '../api/workbench.ts';
import type { Context } from '../context.ts';
import { type TrainerWorker, trainerWorker } from '../trainer-port.ts';

export function workbenchCalls({ connected }: Context): WorkbenchApi {
  return {
    async trial(task, dataset, signal) {
      const { world, network, tasks } = await connected(signal);
      const about = await world.datasets.describe(dataset);
      if (about === undefined) throw new MurmurError('not-found', 'this file is no longer stored in this browser');
      const spec = await tasks.spec(network, task, signal);
      const rows = Math.max(1, Math.round(about.rows * (1 - spec.heldOut.fraction)));
      return withTrainer(async (worker) => {
        const trainer = await worker.createTrainer(spec);
        const stepMs = await timeStep(trainer, spec, rows);
        return { backend: trainer.backend, message: trainer.message, stepMs, steps: roundSteps(spec, rows) };
      }, signal);
    },
    async write({ task, model, ...options }, onText, signal) {
      const { network, tasks } = await connected(signal);
      const spec = await tasks.spec(network, task, signal);
      const [bytes, { writeText }] = await Promise.all([
        tasks.model(network, model, signal),
        import('../../src/evaluation/writing.ts'),
      ]);
      const { data } = spec;
      if (data.kind !== 'texts') throw new MurmurError('unsupported', 'only a model of texts can write');
      const { weights } = await readCheckpoint(spec, bytes);
      const random = new SeededRandom(secureRandom(12));
      return withTrainer(async (worker) => {
        const trainer = await worker.createTrainer(spec);
        return writeText(data, {
          ...options,
          uniform: () => random.uniform(),
          predict: (codes) => trainer.predict(weights, codes, 1),
          onText,
        });
      }, signal);
    },
  };
}

/** An abort ends the worker at once, whatever it computes. */
async function withTrainer<T>(
  use: (trainer: TrainerWorker) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const trainer = trainerWorker();
  const aborted = new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(cancelled());
    signal?.addEventListener('abort', () => reject(cancelled()), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([use(trainer), aborted]);
  } finally {
    trainer.stop();
  }
}
