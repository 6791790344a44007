/** Texts of the part of the form that says how a task trains. */
import type { ServerKind } from '../../protocol/server-spec.ts';
import type { AlgorithmId, ScheduleId, TrainingForm } from '../state/create-training.ts';

export const trainingWords = {
  title: '4. Training',
  about: 'good as it is for a first try',
  rounds: 'Training rounds',
  roundsHint: 'How often all sites put their learning together.',
  workBy: 'How much a site trains in a round',
  work: {
    epochs: { label: 'So many passes over its rows', about: 'A site with more rows makes more steps.' },
    steps: { label: 'So many steps', about: 'Every site makes the same number of steps, whatever it has.' },
  } satisfies Record<TrainingForm['workBy'], { label: string; about: string }>,
  steps: 'Steps in a round',
  stepsHint: 'Each step looks at as many rows as you say below.',
  epochs: 'Passes over the rows in a round',
  epochsHint: 'More learns faster but lets sites drift apart.',
  batchSize: 'Rows a step',
  batchSizeHint: 'More than a site has: one step a pass, so that large sites do not pull harder.',
  learningRate: 'Learning rate',
  learningRateHint: 'Size of a step. Smaller if training does not settle.',
  heldOut: 'Rows held out to judge the model',
  heldOutHint: 'Each site keeps them out of its training.',
  percent: '%',
  more: 'More settings',
  serverRate: 'Learning rate of the common model',
  serverRateHint: 'How far the model follows what the sites found. Empty: what is usual for this choice.',
  l2: 'Pull towards small weights',
  l2Hint: 'Keeps the model from learning single rows by heart. 0 for none.',
  server: 'How the sites’ changes become one',
  servers: {
    fedadam: {
      label: 'At a pace learnt from earlier rounds (FedAdam)',
      about: 'Each number of the model moves at its own pace. Good for few rounds and small sites.',
    },
    fedavg: { label: 'By plain average (FedAvg)', about: 'The model takes over the sites’ average change, no more.' },
    fedavgm: {
      label: 'By average with momentum (FedAvgM)',
      about: 'Part of the last rounds’ changes is added, so that rounds pull less to and fro.',
    },
    fedadagrad: {
      label: 'Ever more carefully (FedAdagrad)',
      about: 'What has changed much already changes less and less; what is rare keeps its pace.',
    },
    fedyogi: {
      label: 'At a learnt pace, slow to change it (FedYogi)',
      about: 'Like FedAdam, but one odd round hardly changes the pace.',
    },
  } satisfies Record<ServerKind, { label: string; about: string }>,
  algorithm: 'When sites have different rows',
  algorithms: {
    fedavg: {
      label: 'Nothing special (FedAvg)',
      about: 'Each site trains on its own rows, starting from the common model.',
    },
    fedprox: {
      label: 'Keep near the common model (FedProx)',
      about: 'Like a rubber band to the common model, so that a site does not run off with its own rows.',
    },
    scaffold: {
      label: 'Take out the drift (SCAFFOLD)',
      about: 'Each site finds out where its rows pull it and takes that out. It sends twice as much in a round.',
    },
    fednova: {
      label: 'Count directions, not steps (FedNova)',
      about: 'A site that makes many steps pulls no harder than one that makes few.',
    },
  } satisfies Record<AlgorithmId, { label: string; about: string }>,
  mu: 'Strength of the rubber band',
  muHint: 'Larger keeps sites closer together. 0.01 to 1 is usual.',
  sites: 'Sites in the whole task',
  sitesHint: 'As many as you expect at one time or another.',
  budget: 'Most seconds of training in a round',
  budgetHint: 'A slow site sends what it has managed by then. Empty: no limit.',
  schedule: 'Learning rate over the rounds',
  schedules: {
    constant: { label: 'The same in all rounds', about: 'Simple, and good for few rounds.' },
    step: { label: 'Halved from time to time', about: 'Large steps first, then finer ones.' },
    cosine: { label: 'Smoothly down to almost nothing', about: 'The last rounds only polish the model.' },
  } satisfies Record<ScheduleId, { label: string; about: string }>,
  halfEvery: 'Rounds until it is halved',
  warmUp: 'Rounds to warm up',
  warmUpHint: 'The rate grows to its full size over these first rounds. 0 for none.',
  patience: 'Rounds without progress until it stops',
  patienceHint:
    'After so many rounds in which the common score got no better, the model is kept as it is. Empty: all rounds train.',
  details: 'Details: how an update is masked',
  masking: 'These numbers follow from your choices, so that the sum of all sites always fits.',
  clipNorm: 'Longest update that counts in full',
  width: 'Bits a weight',
  fraction: 'Bits after the point',
} as const;
