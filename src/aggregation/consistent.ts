/** What the readers of evaluation counts share. */
import { MurmurError } from '../core/errors.ts';
import { MAX_COHORT } from '../protocol/limits.ts';

/** No row costs more than this many nats: a chance is kept 2^-23 away from 0, and 23 · ln 2 < 16. */
export const MAX_ROW_LOSS = 16;

/** Units by which a sum of one rounded number a site may differ from the sum of what was rounded: half a unit a site. */
export const ROUNDING = MAX_COHORT / 2;

/** @throws MurmurError void */
export function consistent(condition: boolean, what: string): void {
  if (!condition) throw new MurmurError('void', `evaluation: ${what}`, { hint: 'The round is tried again.' });
}
