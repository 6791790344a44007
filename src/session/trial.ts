/**
 * How long a step of a task's training takes on this machine, found out on empty rows before anybody joins: the same job as in a round,
 * with the task's batch and algorithm. What is in the rows does not matter to the time; their number and width do.
 */
import { initialWeights } from '../model/initialise.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import { featureWidth, labelWidth, targetOf } from '../protocol/target.ts';
import { type TaskSpec, weightCount } from '../protocol/task-spec.ts';

/** Steps before the clock counts: kernels compile and memory grows in them. */
const WARM_UP_STEPS = 2;
const STEPS = 21;
const BUDGET_MS = 1_500;
/** A single record's clipping bound and noise cost the same whatever they are. */
const RECORDS = { clip: 1, noise: 0, rate: 1 };

/**
 * @param trainer of the same task
 * @param rows that the site trains on; a step takes a batch of them
 * @param now in milliseconds
 * @returns milliseconds a step, mean over those that fit 1.5 seconds
 */
export async function timeStep(
  trainer: TrainerPort,
  spec: TaskSpec,
  rows: number,
  now: () => number = () => performance.now(),
): Promise<number> {
  const { batchSize, l2, algorithm, learningRate } = spec.training;
  const { privacy } = spec;
  const target = targetOf(spec.data);
  const seed = new Uint8Array(32);
  const records = privacy?.kind === 'records' ? RECORDS : undefined;
  const perStep = privacy?.kind === 'records' ? Math.ceil(rows * privacy.samplingRate) : batchSize;
  const batch = Math.max(1, Math.min(perStep, rows));
  const job = {
    weights: await initialWeights(spec, seed),
    features: new Float32Array(batch * featureWidth(spec.data)),
    labels: target.kind === 'value' ? new Float32Array(batch) : new Uint8Array(batch * labelWidth(target)),
    rows: batch,
    batchSize: batch,
    learningRate,
    l2,
    records,
    proximal: algorithm?.kind === 'fedprox' ? algorithm.mu : undefined,
    correction: algorithm?.kind === 'scaffold' ? new Float32Array(weightCount(spec)) : undefined,
    seed,
  };
  const timed = async (steps: number): Promise<{ steps: number; durationMs: number }> => {
    const startedAt = now();
    const { steps: made } = await trainer.train({ ...job, steps, budgetMs: BUDGET_MS });
    return { steps: made, durationMs: now() - startedAt };
  };
  await timed(WARM_UP_STEPS);
  const one = await timed(1);
  const many = await timed(STEPS);
  // What a job costs besides its steps is in both.
  return many.steps === 1 ? many.durationMs : Math.max(0, many.durationMs - one.durationMs) / (many.steps - 1);
}
