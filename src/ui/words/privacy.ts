/** Texts of what a task costs in privacy: with noise, without it, and with noise that does not reach everything. */
import { formatValue } from '../format.ts';
import { plural } from './plural.ts';

export const privacyCostWords = {
  /** what noise is added */
  noise: { none: 'none', user: 'for each site', records: 'for each row' },
  /** the limit on what the results tell */
  epsilon: (epsilon: number | undefined) => (epsilon === undefined ? 'none' : formatValue(epsilon)),
  noNoise:
    'This task adds no noise. The sum of all sites is exact, and everybody sees it: the fewer sites, the more it may tell about one.',
  exactScores:
    'This task adds noise to what sites learn, but it publishes the scores of all sites together exactly. A limit holds only where everything that is released has noise.',
  someOpen:
    'This task adds noise to what sites learn, but it releases other figures without noise. A limit holds only where everything that is released has noise.',
  nobody: 'This task adds noise, but in its smallest rounds no site’s noise can be counted on.',
  protects: {
    user: 'The limit is on what the results tell of a whole site: all its rows, and whether it took part with them at all.',
    records:
      'The limit is on what the results tell of a single row: whether it was in your file. It does not hide what your rows have in common.',
  },
  whole: (rounds: number) =>
    `It is the cost of the whole task, ${plural(rounds, 'training round')}. A round whose sum was uncovered and then did not count costs one round more.`,
  tooFew: ({ needed, sure }: { readonly needed: number; readonly sure: number }) =>
    `You cannot join: the noise of this task counts on ${plural(needed, 'honest site')}, and in its smallest rounds only ${sure} ${sure === 1 ? 'is' : 'are'} sure to be. The sum would tell more than the task says.`,
  /** what is left against all others together */
  colluders: {
    user: 'Against all others together only your own share of the noise protects you, which is less than the limit says.',
    records:
      'The limit for a single row holds even against all others together, as your tab’s own noise is enough for it.',
  },
} as const;
