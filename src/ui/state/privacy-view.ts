/** What a task costs in privacy, as the page says it: worked out from what the worker answers. Pure, so that it is tested without a page. */
import type { PrivacyView } from '../../../workers/api/tasks.ts';
import type { Privacy } from '../components/charts/gauge.ts';
import { privacyCostWords as text } from '../words/privacy.ts';

/** For the gauge: the cost of the whole task, or why there is no limit. */
export function gaugeOf(privacy: PrivacyView): Privacy {
  if ('open' in privacy) return { none: whyNone(privacy) };
  const { epsilon, delta, protects } = privacy;
  return { epsilon, delta, protects };
}

function whyNone({ open, noise }: Extract<PrivacyView, { open: unknown }>): string {
  if (noise === undefined) return text.noNoise;
  if (open.length === 0) return text.nobody;
  return open.every((released) => released === 'evaluation') ? text.exactScores : text.someOpen;
}
