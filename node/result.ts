/**
 * What a finished task came to: the last line of `npm start -- --rounds N --exit`. What the model is compared with is trained for the
 * heart task only, whose plans of training alone and in one place were chosen for its rows (baselines.ts).
 */
import { join } from 'node:path';
import { verifyTask } from '../src/aggregation/verify.ts';
import { utf8 } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import type { Example } from '../src/dataset/examples/index.ts';
import { popcount } from '../src/core/bitmap.ts';
import { type MeasureId, measuresOf, type RoundMetrics } from '../src/protocol/metrics.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import type { Normaliser } from '../src/dataset/statistics.ts';
import { type TaskSpec, weightCount } from '../src/protocol/task-spec.ts';
import { type Scores, trainBaselines } from './baselines.ts';
import { readDataset } from './data-files.ts';
import { PUBLIC_FOLDER } from './places.ts';
import type { TrainerThreads } from './trainer-threads.ts';

/** Figures of the final model over all sites' held-out rows, from the masked counts of the evaluation step: those of its kind. */
export type Figures = Partial<Record<MeasureId, number>>;

export interface Comparison {
  /** the same architecture trained on all training rows in one place, on the same held-out rows */
  readonly centralised: Scores;
  /** trained on one site's rows, on the same held-out rows */
  readonly alone: readonly (Scores & { readonly site: string })[];
}

export interface NetworkResult extends Figures, Partial<Comparison> {
  /** settled training rounds */
  readonly rounds: number;
  /** members of the last round */
  readonly sites: number;
  /** of the last round */
  readonly survivors: number;
  /** mean over sites and training rounds of the bytes sent to the relay */
  readonly bytesUpPerSiteRound: number;
  readonly parameters: number;
  readonly modelHash: string;
  readonly chainModelHash: string;
  readonly recomputedModelHash: string;
}

/**
 * Checks the whole task from chain and vectors, and trains what it is compared with.
 * @throws MurmurError bad-hash when the chain's model does not follow from the rounds
 */
export async function summarise(args: {
  chain: ChainReader;
  relay: RelayPort;
  example: Example;
  task: bigint;
  spec: TaskSpec;
  bytesUpPerSiteRound: number;
  /** the model that the sites ended with */
  modelHash: string;
  trainers: TrainerThreads;
  signal: AbortSignal;
}): Promise<NetworkResult> {
  const { chain, relay, example, task, spec, bytesUpPerSiteRound, modelHash, trainers, signal } = args;
  const verification = await verifyTask({ chain, source: relay, task, fromVectors: true, signal });
  const { rounds, checkpoint } = verification;
  const last = rounds.findLast(({ outcome }) => outcome !== 'void');
  const pooled = last?.metrics;
  if (!verification.matches || checkpoint === undefined || last === undefined) {
    throw new MurmurError('bad-hash', `the model of task ${task} does not follow from its rounds`);
  }
  if (last.kind !== 'evaluation' || pooled === undefined) {
    throw new MurmurError('internal', `task ${task} ended without an evaluation`);
  }
  const view = await chain.round(task, last.round, signal);
  return {
    rounds: rounds.filter(({ kind, outcome }) => kind === 'training' && outcome !== 'void').length,
    sites: view.n,
    survivors: popcount(view.u3),
    ...figuresOf(pooled),
    ...(example.id === 'heart' && (await compare(example, spec, checkpoint.normaliser, trainers))),
    bytesUpPerSiteRound,
    parameters: weightCount(spec),
    modelHash,
    chainModelHash: verification.chainModelHash,
    recomputedModelHash: verification.recomputedModelHash,
  };
}

/** Of two classes the two that the comparison has too; otherwise all that the kind has. */
function figuresOf(metrics: RoundMetrics): Figures {
  const shown = measuresOf(metrics).filter(({ id }) => metrics.kind !== 'binary' || id === 'accuracy' || id === 'auc');
  return Object.fromEntries(shown.flatMap(({ id, value }) => (value === undefined ? [] : [[id, value]])));
}

async function compare(
  { sites }: Example,
  spec: TaskSpec,
  normaliser: Normaliser,
  trainers: TrainerThreads,
): Promise<Comparison> {
  const datasets = await Promise.all(sites.map(({ path }) => readDataset(join(PUBLIC_FOLDER, path), spec)));
  const trainer = await trainers.createTrainer(spec);
  try {
    const seed = await sha256(utf8('murmur/baselines/1'), utf8(spec.heldOut.seed));
    const { centralised, alone } = await trainBaselines({ spec, sites: datasets, normaliser, trainer, seed });
    return { centralised, alone: alone.map((scores, i) => ({ site: sites[i]?.id ?? '', ...scores })) };
  } finally {
    trainer.close();
  }
}
