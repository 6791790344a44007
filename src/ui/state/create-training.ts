/** How a task trains, from what was entered: amount of local work, algorithm, learning rate over the rounds, server optimiser. */
import type { ServerKind, ServerSpec } from '../../protocol/server-spec.ts';
import { type AlgorithmSpec, type TrainingSpec } from '../../protocol/training-spec.ts';
import { MAX_TRAINING_ROUNDS } from '../../protocol/limits.ts';

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

export const START_TRAINING: TrainingForm = {
  rounds: '12',
  workBy: 'epochs',
  epochs: '5',
  steps: '20',
  batchSize: '512',
  learningRate: '0.1',
  server: 'fedadam',
  algorithm: 'fedavg',
  mu: '0.1',
  sites: '8',
  budgetSeconds: '',
  schedule: 'constant',
  warmUp: '0',
  halfEvery: '4',
  patience: '',
};

/** Notes what is wrong with an entry under its name. What it gives for a wrong entry is never used. */
interface EntryReader {
  number(field: string, typed: string, least: number, most: number): number;
  whole(field: string, typed: string, least: number, most: number): number;
}

/** Bounds of what is entered; those of the spec, or narrower where only a mistake lies beyond. */
const RATE = { least: 0.000_001, most: 10 };
const MU = { least: 0.0001, most: 100 };
const BUDGET_SECONDS = { least: 1, most: 86_400 };
const L2 = 0.01;
const HALF = 0.5;
/** Where a cosine ends, as a share of the rate. */
const COSINE_FLOOR = 0.01;

/** Numbers of the optimisers that do on small tables; those of FedAdam were found on the heart task. */
const SERVERS: { readonly [Kind in ServerKind]: Extract<ServerSpec, { kind: Kind }> } = {
  fedavg: { kind: 'fedavg', learningRate: 1 },
  fedavgm: { kind: 'fedavgm', learningRate: 1, momentum: 0.5 },
  fedadagrad: { kind: 'fedadagrad', learningRate: 0.2, beta1: 0, tau: 0.1 },
  fedadam: { kind: 'fedadam', learningRate: 0.2, beta1: 0.5, beta2: 0.99, tau: 0.1 },
  fedyogi: { kind: 'fedyogi', learningRate: 0.2, beta1: 0.5, beta2: 0.99, tau: 0.1 },
};

export function readTraining(entries: EntryReader, form: TrainingForm): { training: TrainingSpec; server: ServerSpec } {
  const rounds = entries.whole('rounds', form.rounds, 1, MAX_TRAINING_ROUNDS);
  const work =
    form.workBy === 'epochs'
      ? { epochs: entries.whole('epochs', form.epochs, 1, 1000) }
      : { steps: entries.whole('steps', form.steps, 1, 100_000) };
  const batchSize = entries.whole('batchSize', form.batchSize, 1, 65_536);
  const learningRate = entries.number('learningRate', form.learningRate, RATE.least, RATE.most);
  const schedule = readSchedule(entries, form, rounds);
  const algorithm = readAlgorithm(entries, form);
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
      l2: L2,
      ...(algorithm && { algorithm }),
      ...(patience !== undefined && { earlyStop: { patience, least: 0 } }),
    },
    server: SERVERS[form.server],
  };
}

/** None where the rate is the same in all rounds. */
function readSchedule(entries: EntryReader, form: TrainingForm, rounds: number): TrainingSpec['schedule'] {
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
function readAlgorithm(entries: EntryReader, form: TrainingForm): AlgorithmSpec | undefined {
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
