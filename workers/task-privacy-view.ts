/** What a task costs in privacy, for the page: worked out from its spec and its parameters. Pure, and too slow to do at every reading. */
import { taskPrivacy } from '../src/aggregation/task-privacy.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { fewestHonest } from '../src/protocol/threshold.ts';
import type { TaskParameters } from '../src/protocol/views.ts';
import type { PrivacyView } from './api/tasks.ts';

type Parameters = Pick<TaskParameters, 'minCohort' | 'maxCohort' | 'corruptBps' | 'survivorFloor'>;

/** The cost counts the noise of the fewest honest members that a sum of the task may have, be that more or less than its spec asks for. */
export function privacyOf(spec: TaskSpec, parameters: Parameters): PrivacyView {
  const tooFew = tooFewHonest(spec, parameters);
  const cost = taskPrivacy(spec, fewestHonest(parameters));
  const noise = spec.privacy === undefined ? {} : { noise: spec.privacy.kind };
  const figures =
    cost.kind === 'none'
      ? { open: cost.open }
      : { epsilon: cost.epsilon, delta: cost.delta, protects: cost.protects, rounds: spec.training.rounds };
  return { ...figures, ...noise, ...(tooFew && { tooFew }) };
}

/**
 * Refuses a task of which some round might have fewer honest members than its noise counts on. A tab does not unmask such a sum; it is
 * kinder not to begin.
 * @throws MurmurError refused
 */
export function checkHonest(spec: TaskSpec, parameters: Parameters): void {
  const tooFew = tooFewHonest(spec, parameters);
  if (tooFew === undefined) return;
  throw new MurmurError(
    'refused',
    `the noise of this task counts on ${tooFew.needed} honest sites, and in its smallest rounds only ${tooFew.sure} are sure to be`,
    { hint: 'Its creator has to create it anew, with larger rounds or with noise that counts on fewer sites.' },
  );
}

function tooFewHonest({ privacy }: TaskSpec, parameters: Parameters): PrivacyView['tooFew'] {
  if (privacy?.kind !== 'user') return undefined;
  const sure = fewestHonest(parameters);
  return sure < privacy.honest ? { needed: privacy.honest, sure } : undefined;
}
