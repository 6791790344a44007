/**
 * Numbers of the masking that follow from the others, so that nobody has to choose them: how large an update may be, and how finely
 * it is rounded. Guarantees that the sum of a whole cohort cannot wrap (docs/protocol.md, section 7) for every task that the form allows.
 */
import { type TaskSpec } from '../../protocol/task-spec.ts';
import { MAX_COHORT } from '../../protocol/limits.ts';
import { localSteps } from '../../protocol/training-spec.ts';

type Masking = TaskSpec['masking'];

/** Bits a weight; 4 bytes are enough for the largest cohort and the largest norm below. */
const UPDATE_WIDTH = 32;
const LARGEST_CLIP_NORM = 64;
const LARGEST_FRACTION_BITS = 44;

/**
 * An honest update is about as long as its steps are many and large. Twice that, as a power of two, leaves honest updates whole and
 * keeps a broken one from drowning the others.
 * @param training as the spec has it
 * @param rowCap rows at which a site counts fully
 */
export function deriveMasking(training: TaskSpec['training'], rowCap: number, maxCohort: number): Masking {
  const length = 2 * training.learningRate * localSteps(training, rowCap);
  const clipNorm = Math.min(LARGEST_CLIP_NORM, 2 ** Math.max(0, Math.ceil(Math.log2(length))));
  return {
    clipNorm,
    updateWidth: UPDATE_WIDTH,
    updateFractionBits: fractionBits(clipNorm, Math.min(maxCohort, MAX_COHORT)),
    rowCap,
    maxCohort,
  };
}

/** The finest rounding under which that many updates of that norm fit. */
function fractionBits(clipNorm: number, maxCohort: number): number {
  let bits = 0;
  while (bits < LARGEST_FRACTION_BITS && maxCohort * clipNorm * 2 ** (bits + 1) < 2 ** (UPDATE_WIDTH - 1)) bits++;
  return bits;
}
