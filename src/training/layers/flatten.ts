/** The same numbers as one axis. */
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';

export function flatten({ input, output }: PlanOf<'flatten'>): TrainingLayer {
  return {
    forward: (x) => ({ y: shaped(x, [x.shape[0] as number, ...output]), saved: [] }),
    backward: (dy) => ({ dx: shaped(dy, [dy.shape[0] as number, ...input]), gradients: [] }),
  };
}
