/** Why a round did not count. */
import type { VoidReason } from '../../protocol/phases.ts';

/** By the number that the contract gives. */
export const voidReasonWords: Readonly<Record<VoidReason, string>> = {
  1: 'too few sites joined',
  2: 'the random number was known too early',
  3: 'the random number did not come',
  4: 'too few sites dealt their key pieces',
  5: 'too few key pieces arrived',
  6: 'too few sites sent their masked vector',
  7: 'too few masked vectors arrived',
  8: 'too few sites answered',
  9: 'nobody posted the sum',
  10: 'sites found the posted sum wrong',
  11: 'too few sites checked the sum',
};
