/** What a task costs in privacy, for the page: worked out from its spec and its parameters. Pure, and too slow to do at every reading. */
import { taskPrivacy } from '../src/aggregation/task-privacy.ts';
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

function tooFewHonest({ privacy }: TaskSpec, parameters: Parameters): PrivacyView['tooFew'] {
  if (privacy?.kind !== 'user') return undefined;
  const sure = fewestHonest(parameters);
  return sure < privacy.honest ? { needed: privacy.honest, sure } : undefined;
}
