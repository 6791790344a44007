/**
 * The bank task: does a person who is called take out a term deposit? 4,119 calls of one Portuguese bank (public/data/bank-marketing/
 * LICENCE.txt; Moro, Cortez and Rita, 2014). `duration` is not used: it is known only after the call. `unknown` is a category.
 */
import type { ColumnSpec } from '../../protocol/data-spec.ts';
import type { TableTask } from '../../protocol/task-spec.ts';
import { type ExampleSite, ROUND_RULES } from './shared.ts';

const BRANCHES = ['May', 'June and July', 'August to October', 'November to April'] as const;

/** One branch a season of the last call. */
export const BANK_SITES: readonly ExampleSite[] = BRANCHES.map((season, i) => ({
  id: `branch-${i + 1}`,
  name: `Branch ${i + 1}: calls in ${season} (simulated)`,
  path: `/data/bank-marketing/branch-${i + 1}.csv.gz`,
}));

export function bankTaskSpec(overrides: Partial<TableTask> = {}): TableTask {
  return {
    version: 1,
    title: 'Who takes out a term deposit',
    description:
      'Predict from what a bank knows before a call whether the person will take out a term deposit. ' +
      'The branches are simulated from the calls of one Portuguese bank.',
    data: {
      kind: 'table',
      columns: [
        number('age', 'Age', 17, 100, 'years'),
        category('job', 'Kind of job', JOBS),
        category('marital', 'Marital status', ['divorced', 'married', 'single', 'unknown']),
        category('education', 'Education', EDUCATIONS),
        category('default', 'Has credit in default', YES_NO),
        category('housing', 'Has a housing loan', YES_NO),
        category('loan', 'Has a personal loan', YES_NO),
        category('contact', 'Called by', ['cellular', 'telephone']),
        category('month', 'Month of the last call', MONTHS),
        category('day_of_week', 'Day of the last call', ['mon', 'tue', 'wed', 'thu', 'fri']),
        number('campaign', 'Calls to this person in this campaign', 0, 60),
        number('pdays', 'Days since a call of an earlier campaign; 999 stands for never', 0, 999, 'days'),
        number('previous', 'Calls to this person before this campaign', 0, 10),
        category('poutcome', 'Outcome of the earlier campaign', ['failure', 'nonexistent', 'success']),
        number('emp.var.rate', 'Employment variation rate, quarterly', -5, 5, '%'),
        number('cons.price.idx', 'Consumer price index, monthly', 90, 97),
        number('cons.conf.idx', 'Consumer confidence index, monthly', -60, -20),
        number('euribor3m', 'Euribor of three months, daily', 0, 6, '%'),
        number('nr.employed', 'Employees of the bank, quarterly', 4900, 5300, 'thousands'),
      ],
      label: { name: 'y', description: 'Took out a term deposit', positive: { equals: ['yes'] } },
      missingMarks: [],
      delimiter: ';',
      header: true,
      missingRule: 'drop-row',
    },
    heldOut: { fraction: 0.2, seed: 'bank' },
    model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
    training: { rounds: 20, epochs: 5, batchSize: 64, learningRate: 0.05, optimiser: 'sgd', l2: 0.001 },
    server: { kind: 'fedadam', learningRate: 0.1, beta1: 0.5, beta2: 0.99, tau: 0.1 },
    ...ROUND_RULES,
    ...overrides,
  };
}

const JOBS = [
  'admin.',
  'blue-collar',
  'entrepreneur',
  'housemaid',
  'management',
  'retired',
  'self-employed',
  'services',
  'student',
  'technician',
  'unemployed',
  'unknown',
];
const EDUCATIONS = [
  'basic.4y',
  'basic.6y',
  'basic.9y',
  'high.school',
  'illiterate',
  'professional.course',
  'university.degree',
  'unknown',
];
const YES_NO = ['no', 'yes', 'unknown'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function number(name: string, description: string, minimum: number, maximum: number, unit?: string): ColumnSpec {
  return { kind: 'number', name, description, minimum, maximum, ...(unit !== undefined && { unit }) };
}

function category(name: string, description: string, categories: readonly string[]): ColumnSpec {
  return { kind: 'category', name, description, categories: [...categories] };
}
