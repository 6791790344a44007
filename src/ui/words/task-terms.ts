/** Texts about what a task learns and what taking part costs. */
import type { ServerKind } from '../../protocol/server-spec.ts';
import type { AlgorithmSpec, ScheduleSpec } from '../../protocol/training-spec.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../format.ts';
import { plural } from './plural.ts';

export const learnWords = {
  title: 'What it learns',
  label: 'Predicts',
  table: 'Columns that are used',
  column: 'Column',
  kind: 'Kind',
  kinds: { number: 'number', category: 'category' },
  values: 'Possible values',
  range: (low: number, high: number, unit: string | undefined) =>
    `${formatCount(low)} to ${formatCount(high)}${unit === undefined ? '' : ` ${unit}`}`,
  categories: (values: readonly string[]) => {
    const most = 8;
    const shown = values.slice(0, most).join(', ');
    return values.length > most ? `${shown}, and ${values.length - most} more` : shown;
  },
  missing: 'Not known',
  missingRule: (marks: readonly string[]) =>
    marks.length === 0
      ? 'A row with an empty cell in one of these columns is left out.'
      : `A row with an empty cell, or one that says ${marks.join(' or ')}, is left out.`,
  model: 'Model',
  modelAbout: (weights: number, inputs: number) =>
    `${plural(weights, 'number')} to learn, from ${plural(inputs, 'input')}.`,
  adapter: (rank: number, weights: number, sent: number) =>
    `The model is given and stays as it is. All sites together learn small additions to its dense layers (adapters, LoRA of rank ${rank}). Of its ${formatCount(weights)} numbers only ${formatCount(sent)} are learnt and sent: the additions`,
  adapterHead: { trained: 'and the whole last layer.', adapted: 'alone, also to the last layer.' },
  privateLayers: (places: readonly number[]) =>
    `Each site learns ${places.length === 1 ? 'layer' : 'layers'} ${places.map((place) => place + 1).join(', ')} for itself. What it learns there never leaves it, and is not in the common file, which has the values that every site began with.`,
  start: (bytes: number) =>
    `It does not begin from nothing but from a given model: a file of ${formatBytes(bytes)}, which your tab fetches and checks before the first round. Its fingerprint:`,
  startHash: 'Fingerprint of the given model',
  layers: 'Layers of the model',
  training: 'Training',
  steps: (steps: number, batchSize: number) =>
    `In each round a site makes ${plural(steps, 'step')} of up to ${plural(batchSize, 'row')} each.`,
  epochs: (epochs: number, batchSize: number) =>
    `In each round a site goes over its own rows ${epochs === 1 ? 'once' : `${formatCount(epochs)} times`}, in steps of up to ${plural(batchSize, 'row')}.`,
  rate: (rate: number, l2: number) =>
    `Learning rate ${rate}${l2 === 0 ? '' : `; large weights cost a little (L2 ${l2})`}.`,
  heldOut: (fraction: number) =>
    fraction === 0
      ? 'No rows are kept aside, so nothing is known of how good the model is.'
      : `${formatPercent(fraction)} of each site’s rows are kept aside. They never train; they judge the model.`,
  weight: (rows: number) =>
    `A site counts by its rows, up to ${formatCount(rows)}. A larger site counts no more than that.`,
  clip: (norm: number) => `A change longer than ${norm} is shortened to it, so that no site can pull too hard.`,
  servers: {
    fedavg: (rate: number) => `The common model takes over the sites’ average change (FedAvg, rate ${rate}).`,
    fedadam: (rate: number) =>
      `The common model goes along the sites’ average change, smoothed over rounds (FedAdam, rate ${rate}).`,
    fedavgm: (rate: number) =>
      `The common model goes along the sites’ average change and part of the last rounds’ (FedAvgM, rate ${rate}).`,
    fedadagrad: (rate: number) =>
      `The common model goes along the sites’ average change, ever more carefully where it has changed much (FedAdagrad, rate ${rate}).`,
    fedyogi: (rate: number) =>
      `The common model goes along the sites’ average change at a pace that odd rounds hardly change (FedYogi, rate ${rate}).`,
  } satisfies Record<ServerKind, (rate: number) => string>,
  algorithm: (algorithm: AlgorithmSpec): string => {
    switch (algorithm.kind) {
      case 'fedprox':
        return `A site is held near the common model while it trains, as by a rubber band (FedProx, strength ${algorithm.mu}).`;
      case 'scaffold':
        return 'Each site finds out where its own rows pull it and takes that out, and sends that as well, masked alike (SCAFFOLD).';
      case 'fednova':
        return `A site that makes many steps pulls no harder than one that makes few (FedNova).${
          algorithm.budgetSeconds === undefined
            ? ''
            : ` After ${algorithm.budgetSeconds} seconds of training it sends what it has managed.`
        }`;
    }
  },
  schedule: (schedule: ScheduleSpec): string => {
    const warm = schedule.warmUp === 0 ? [] : [`Steps grow over the first ${plural(schedule.warmUp, 'round')}.`];
    switch (schedule.kind) {
      case 'constant':
        return warm.join(' ');
      case 'step':
        return [
          ...warm,
          `Every ${plural(schedule.every, 'round')} steps shrink to ${formatPercent(schedule.factor)}.`,
        ].join(' ');
      case 'cosine':
        return [...warm, `Steps shrink smoothly to ${formatPercent(schedule.floor)} in the last round.`].join(' ');
    }
  },
  earlyStop: (patience: number) =>
    `When the common score has not improved for ${plural(patience, 'round')}, the model is kept as it is.`,

  description: 'Fingerprint of the description',
} as const;

export const costWords = {
  whoTitle: 'Who may join',
  whoOpen: 'Anybody with a wallet and a file that fits',
  whoInvited: 'Only wallets that the creator invited',
  creator: 'Created by',
  smallest: 'Fewest sites in a round',
  largest: 'Most sites in a round',
  largestNote: 'If more come, the first ones take part; the others wait for the next round.',

  title: 'What it costs',
  privacy: 'In privacy',
  noise: 'Noise added',
  epsilon: 'Limit on what the results tell',
  revealsTitle: 'What everybody sees',
  reveals: {
    averages: 'Once: how many rows all sites have together, and the average and spread of each column.',
    sum: 'After each training round: the sum of what all sites learnt, and the new model.',
    noisySum: 'After each training round: the sum of what all sites learnt, with noise in it, and the new model.',
    exact: 'After each training round: how many held-out rows of all sites together the model got right and wrong.',
    off: 'No scores: nothing about held-out rows is published.',
    votes: 'How each site voted on each new model, and when it took part.',
    abstains: 'When each site took part. Nobody votes on a model: every site abstains.',
  },
  collusionTitle: 'Who could see more',
  retryTitle: 'If a round fails',
  retry: {
    strict: (minDiff: number) =>
      `It is tried again with the same sites, or with at least ${formatCount(minDiff)} different ones, so that comparing two tries tells nothing of a single site.`,
    accept:
      'It is tried again with whoever comes. If one site drops out in between, comparing the two tries can uncover what that site added.',
  },

  stakeTitle: 'In stake',
  stakeNone: 'None.',
  stake: (amount: string) =>
    `${amount} FLOCK. It stays yours: your wallet can withdraw it when no round needs it any more.`,
  pool: (amount: string) => `${amount} FLOCK are left to share among the sites of the coming training rounds.`,
  stakePlay: 'On this local network it is play money that the page gets for you.',

  workTitle: 'In work',
  weights: 'Numbers in the model',
  memory: 'Memory of a step, about',
  sent: 'Sent in a round',
  multiplyAdds: 'Multiplications of a step',
  workNote: 'How long that takes depends on the machine. Before you join, your tab tries it out.',

  timeTitle: 'In time',
  leftTypical: (rounds: number, leftMs: number, typicalMs: number) =>
    `${plural(rounds, 'round')} left: about ${minutes(leftMs)}, if they take as long as the last ones (${formatDuration(typicalMs)} each).`,
  leftLongest: (rounds: number, leftMs: number, longestMs: number) =>
    `${plural(rounds, 'round')} left: at most ${minutes(leftMs)}, if each takes all the time it may (${minutes(longestMs)}).`,
  deadlines: (joinSeconds: number, phaseSeconds: number) =>
    `Sites have ${formatDuration(joinSeconds * 1000)} to join a round. Each step after that takes ${formatDuration(phaseSeconds * 1000)} at most, and ends earlier when all have done it.`,
  tab: 'Your tab must stay open; it may be hidden. If you close it, the round goes on without you.',
  over: 'The task is over; no time is needed any more.',
} as const;

/** 5 minutes, 2 hours 10 minutes; never less than one. */
function minutes(durationMs: number): string {
  const all = Math.max(1, Math.round(durationMs / 60_000));
  const hours = Math.floor(all / 60);
  const rest = all % 60;
  if (hours === 0) return plural(rest, 'minute');
  return rest === 0 ? plural(hours, 'hour') : `${plural(hours, 'hour')} ${plural(rest, 'minute')}`;
}
