/**
 * Local training: mini-batch SGD on the loss of the task's target, from flat weights to flat weights; and the scores of a model.
 *
 * - Every epoch visits every row once, in a permutation from the seed (SeededRandom of core); rows that are more than memory holds come
 *   by windows (windows.ts). Same input, seed and backend: the same bits. Between backends the bits differ, so nothing that people must
 *   agree on may be computed here. DP-SGD (records.ts) is the exception: its draws are secret and never repeat.
 * - A job is checked (check-job.ts), then lived by a run of its own (run.ts).
 * - No tensor outlives a call (trainer.test.ts counts them).
 *
 * Runs in a module Web Worker and in Node. On a page's main thread it would work but hold up the page.
 */
import { MurmurError, check } from '../core/errors.ts';
import { scoresOf } from '../model/forward.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import { type Backend, type BackendReport, type StartOptions, startBackend, useBackend } from './backends.ts';
import { checkJob, checkRows } from './check-job.ts';
import { disposeTensors, planNetwork, uploadWeights } from './network.ts';
import type { RecordRandomness } from './records.ts';
import { Run } from './run.ts';
import { scoreRows } from './scoring.ts';
import { everyRow } from './windows.ts';

export interface TrainerOptions extends Omit<StartOptions, 'model' | 'records'> {
  /** A task's spec, or a model with the shape of its examples and its target. */
  readonly spec: ModelUse & { readonly privacy?: { readonly kind: string } | undefined };
  /** Steps between two readings of the loss, hence between two calls of onStep; default 10. */
  readonly reportEvery?: number | undefined;
  /** What DP-SGD draws from; without it a job with `records` is refused. */
  readonly randomness?: RecordRandomness | undefined;
}

export interface Trainer extends TrainerPort {
  readonly backend: Backend;
  /** How the backend was chosen. */
  readonly report: BackendReport;
  /** Refuses further calls. Tensors need no freeing: each call frees its own. */
  dispose(): void;
}

/**
 * Starts a backend, checks that it computes this model's gradient, and returns the trainer.
 * @throws MurmurError unsupported when no allowed backend works; bad-input for a model that does not fit its examples or its target
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { spec, reportEvery = 10, now = () => performance.now(), randomness } = options;
  const network = planNetwork(spec);
  check(Number.isInteger(reportEvery) && reportEvery > 0, 'reportEvery must be a positive integer');
  const { backend, report } = await startBackend({
    ...options,
    model: spec,
    records: spec.privacy?.kind === 'records',
  });
  let disposed = false;
  const enter = (): void => {
    if (disposed) throw new MurmurError('refused', 'the trainer was disposed');
    useBackend(backend);
  };
  return {
    backend,
    report,
    async train(job) {
      checkJob(network, job);
      if (job.records !== undefined && randomness === undefined)
        throw new MurmurError('refused', 'this trainer has no secret randomness for private training');
      enter();
      return new Run(network, job, { backend, reportEvery, now, randomness }).result();
    },
    async predict(weights, features, rows) {
      checkRows(network, features, rows);
      enter();
      const tensors = uploadWeights(network, weights);
      const logits = new Float32Array(rows * network.outputWidth);
      try {
        await scoreRows(network, tensors, { features, order: everyRow(rows), backend }, (block, start) =>
          logits.set(block, start * network.outputWidth),
        );
      } finally {
        disposeTensors(tensors);
      }
      return scoresOf(network.target, logits);
    },
    dispose() {
      disposed = true;
    },
  };
}
