/**
 * When a task has learnt enough: the pooled loss of the model that rounds begin with has not fallen by `least` for `patience` rounds
 * (Prechelt, "Early Stopping, but When?", 1998, the criterion of successive strips, over rounds). Counted in the checkpoint from settled
 * sums alone, so that everybody agrees.
 *
 * The contract cannot end a task for that (ADR 17): from then on no round changes the model and no site trains; the rounds that are left
 * cost little, and the creator may end the task. The model kept is the last, not the best.
 */
import type { LossProgress, ServerState } from '../model/checkpoint.ts';
import { lossOf, type RoundMetrics } from '../protocol/metrics.ts';
import type { TrainingSpec } from '../protocol/training-spec.ts';

/** Whether the model is finished: rounds that begin with it keep it. */
export function hasStopped(
  { earlyStop }: Pick<TrainingSpec, 'earlyStop'>,
  { progress }: Pick<ServerState, 'progress'>,
): boolean {
  return earlyStop !== undefined && progress !== undefined && progress.waited >= earlyStop.patience;
}

/**
 * The count after one more round; a round that says nothing of the loss leaves it.
 * @param metrics pooled, of the model that the round began with
 * @returns undefined in a task that never stops early
 */
export function nextProgress(
  { earlyStop }: Pick<TrainingSpec, 'earlyStop'>,
  { progress }: Pick<ServerState, 'progress'>,
  metrics: RoundMetrics | undefined,
): LossProgress | undefined {
  if (earlyStop === undefined || progress === undefined || metrics === undefined) return progress;
  const { best, waited } = progress;
  const loss = lossOf(metrics);
  return loss < best && loss <= best - earlyStop.least ? { best: loss, waited: 0 } : { best, waited: waited + 1 };
}
