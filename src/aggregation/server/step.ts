/**
 * What all server optimisers share. Each takes one step in index order, in IEEE float64 with + − · / √ only (powers as running
 * products), so that everybody who folds a sum holds the same bits.
 */
import type { Checkpoint } from '../../model/checkpoint.ts';

/** What a server step changes. */
export type Learned = Pick<Checkpoint, 'weights' | 'server'>;

/** A weight after a step, rounded once to float32. + 0 turns −0 into 0: checkpoints hold no −0. */
export function moved(weight: number, step: number): number {
  return Math.fround(weight + step) + 0;
}
