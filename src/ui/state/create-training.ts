/** How a task trains, from what was entered: amount of local work, algorithm, learning rate over the rounds, server optimiser. */
import type { ServerKind, ServerSpec } from '../../protocol/server-spec.ts';
import { type AlgorithmSpec, type TrainingSpec } from '../../protocol/training-spec.ts';
import type { DataKind } from '../../protocol/data-spec.ts';
import { MAX_TRAINING_ROUNDS } from '../../protocol/limits.ts';
import type { Entries } from './create-entries.ts';

export type AlgorithmId = 'fedavg' | AlgorithmSpec['kind'];
export type ScheduleId = NonNullable<TrainingSpec['schedule']>['kind'];

/** As typed. */
export interface TrainingForm {
  rounds: string;
  workBy: 'epochs' | 'steps';
  epochs: string;
  steps: string;
  batchSize: string;
  learningRate: string;
  server: ServerKind;
  /** empty: what is usual for the optimiser and the kind of data */
  serverRate: string;
  l2: string;
  algorithm: AlgorithmId;
  /** FedProx */
  mu: string;
  /** SCAFFOLD */
  sites: string;
  /** FedNova; empty: no limit */
  budgetSeconds: string;
  schedule: ScheduleId;
  warmUp: string;
  halfEvery: string;
  /** empty: never stops early */
  patience: string;
}

const COMMON = {
  workBy: 'epochs',
  steps: '20',
  serverRate: '',
  algorithm: 'fedavg',
  mu: '0.1',
  sites: '8',
  budgetSeconds: '',
  schedule: 'constant',
  warmUp: '0',
  halfEvery: '4',
  patience: '',
} as const satisfies Partial<TrainingForm>;

/** What is to be learnt, as far as usual numbers depend on it. */
export type LearningKind = Exclude<DataKind, 'texts'> | 'texts-class' | 'texts-next';

/** Numbers that did on the example tasks of each kind (src/dataset/examples). */
const USUAL: Readonly<Record<LearningKind, Omit<TrainingForm, keyof typeof COMMON>>> = {
  table: { rounds: '12', epochs: '5', batchSize: '512', learningRate: '0.1', server: 'fedadam', l2: '0.01' },
  pictures: { rounds: '15', epochs: '1', batchSize: '32', learningRate: '0.05', server: 'fedavg', l2: '0' },
  'texts-class': { rounds: '20', epochs: '1', batchSize: '32', learningRate: '0.1', server: 'fedadam', l2: '0' },
  'texts-next': { rounds: '30', epochs: '1', batchSize: '32', learningRate: '0.1', server: 'fedadam', l2: '0' },
  series: { rounds: '15', epochs: '1', batchSize: '64', learningRate: '0.05', server: 'fedavg', l2: '0' },
};

export function startTraining(kind: LearningKind): TrainingForm {
  return { ...COMMON, ...USUAL[kind] };
}

/** Bounds of what is entered; those of the spec, or narrower where only a mistake lies beyond. */
const RATE = { least: 0.000_001, most: 10 };
const MU = { least: 0.0001, most: 100 };
const BUDGET_SECONDS = { least: 1, most: 86_400 };
const MOST_L2 = 10;
const HALF = 0.5;
/** Where a cosine ends, as a share of the rate. */
const COSINE_FLOOR = 0.01;

/** Adaptive optimisers: their rate and the least that a step is divided by, for each kind as found on its examples. */
const ADAPTIVE: Readonly<Record<LearningKind, { readonly learningRate: number; readonly tau: number }>> = {
  table: { learningRate: 0.2, tau: 0.1 },
  pictures: { learningRate: 0.02, tau: 0.001 },
  'texts-class': { learningRate: 0.02, tau: 0.001 },
  'texts-next': { learningRate: 0.01, tau: 0.001 },
  series: { learningRate: 0.02, tau: 0.001 },
};

/** The optimiser with usual numbers. */
function usualServer(server: ServerKind, kind: LearningKind): ServerSpec {
  const beta1 = kind === 'table' ? 0.5 : 0.9;
  switch (server) {
    case 'fedavg':
      return { kind: server, learningRate: 1 };
    case 'fedavgm':
      return { kind: server, learningRate: 1, momentum: 0.5 };
    case 'fedadagrad':
      return { kind: server, ...ADAPTIVE[kind], beta1: 0 };
    case 'fedadam':
    case 'fedyogi':
      return { kind: server, ...ADAPTIVE[kind], beta1, beta2: 0.99 };
  }
}

export function readTraining(
  entries: Entries,
  form: TrainingForm,
  kind: LearningKind,
): { training: TrainingSpec; server: ServerSpec } {
  const rounds = entries.whole('rounds', form.rounds, 1, MAX_TRAINING_ROUNDS);
  const work =
    form.workBy === 'epochs'
      ? { epochs: entries.whole('epochs', form.epochs, 1, 1000) }
      : { steps: entries.whole('steps', form.steps, 1, 100_000) };
  const batchSize = entries.whole('batchSize', form.batchSize, 1, 65_536);
  const learningRate = entries.number('learningRate', form.learningRate, RATE.least, RATE.most);
  const schedule = readSchedule(entries, form, rounds);
  const algorithm = readAlgorithm(entries, form);
  const serverRate =
    form.serverRate.trim() === ''
      ? {}
      : { learningRate: entries.number('serverRate', form.serverRate, RATE.least, RATE.most) };
  const patience =
    form.patience.trim() === '' ? undefined : entries.whole('patience', form.patience, 1, MAX_TRAINING_ROUNDS);
  return {
    training: {
      rounds,
      ...work,
      batchSize,
      learningRate,
      ...(schedule && { schedule }),
      optimiser: 'sgd',
      l2: entries.number('l2', form.l2, 0, MOST_L2),
      ...(algorithm && { algorithm }),
      ...(patience !== undefined && { earlyStop: { patience, least: 0 } }),
    },
    server: { ...usualServer(form.server, kind), ...serverRate },
  };
}

/** None where the rate is the same in all rounds. */
function readSchedule(entries: Entries, form: TrainingForm, rounds: number): TrainingSpec['schedule'] {
  const longest = Number.isInteger(rounds) && rounds >= 1 ? rounds - 1 : MAX_TRAINING_ROUNDS - 1;
  const warmUp = entries.whole('warmUp', form.warmUp, 0, longest);
  switch (form.schedule) {
    case 'constant':
      return warmUp === 0 ? undefined : { kind: 'constant', warmUp };
    case 'step': {
      const every = entries.whole('halfEvery', form.halfEvery, 1, MAX_TRAINING_ROUNDS);
      return { kind: 'step', warmUp, every, factor: HALF };
    }
    case 'cosine':
      return { kind: 'cosine', warmUp, floor: COSINE_FLOOR };
  }
}

/** None for FedAvg. */
function readAlgorithm(entries: Entries, form: TrainingForm): AlgorithmSpec | undefined {
  switch (form.algorithm) {
    case 'fedavg':
      return undefined;
    case 'fedprox':
      return { kind: 'fedprox', mu: entries.number('mu', form.mu, MU.least, MU.most) };
    case 'scaffold':
      return { kind: 'scaffold', sites: entries.whole('sites', form.sites, 1, 65_535) };
    case 'fednova': {
      if (form.budgetSeconds.trim() === '') return { kind: 'fednova' };
      const { least, most } = BUDGET_SECONDS;
      return {
        kind: 'fednova',
        budgetSeconds: entries.number('budgetSeconds', form.budgetSeconds, least, most),
      };
    }
  }
}
