/** Texts of the privacy gauge: what epsilon means to somebody who has never seen it. */
import { formatPercent, formatValue } from '../format.ts';

/** Whoever held both for equally likely cannot become surer than this, by epsilon alone: e^ε / (1 + e^ε). */
function surest(epsilon: number): number {
  return 1 / (1 + Math.exp(-epsilon));
}

/** 99.9 % would be said of what is nearly certain; then the words say so. */
const CERTAIN = 0.995;

/** Whose presence epsilon is about: a participant with all their rows, or one row. */
type Protects = 'user' | 'records';
const SECRETS: Readonly<Record<Protects, string>> = {
  user: 'you took part',
  records: 'a certain row was in your file',
};

export const gaugeWords = {
  title: 'What the results may tell about you',
  levels: {
    none: 'No limit',
    strong: 'Strong protection',
    fair: 'Fair protection',
    weak: 'Weak protection',
    over: 'Past your limit',
  },
  /**
   * By epsilon: up to 1, up to 10, above (Ponomareva et al., "How to DP-fy ML", JAIR 77, 2023).
   */
  meaning: (epsilon: number, protects: Protects) =>
    surest(epsilon) > CERTAIN
      ? `Somebody who sees all results and thought it even odds that ${SECRETS[protects]} may become all but certain (epsilon ${formatValue(epsilon)}). In practice such attacks do worse, but nothing rules them out.`
      : `Somebody who sees all results and thought it even odds that ${SECRETS[protects]} can be at most ${formatPercent(surest(epsilon))} sure afterwards (epsilon ${formatValue(epsilon)}).`,
  delta: (delta: number) => `This holds but for a chance of ${formatValue(delta)} (delta).`,
  none: 'There is no mathematical limit on what the results may tell about you.',
  after: (spent: number, after: number, limit: number) =>
    `Of your limit of ${formatValue(limit)} for these rows, ${formatValue(spent)} are spent. With the rest of this task it would be ${formatValue(after)}.`,
  over: (left: number) =>
    `That is more than the ${formatValue(left)} that are left, so this tab does not join. Raise your limit, or choose another task.`,
  spent: 'Spent before',
  task: 'This task',
  left: 'Left',
  columns: ['Part', 'Epsilon'],
  limit: 'limit',
  file: 'murmur-privacy',
} as const;
