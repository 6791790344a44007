/** What a finished task came to: the last line of `npm start -- --rounds N --exit`. */
import { join } from 'node:path';
import { verifyTask } from '../src/aggregation/verify.ts';
import { utf8 } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { HEART_SITES } from '../src/dataset/heart.ts';
import { popcount } from '../src/core/bitmap.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import { type TaskSpec, weightCount } from '../src/protocol/task-spec.ts';
import { trainBaselines } from './baselines.ts';
import { readDataset } from './data-files.ts';
import { startTrainer } from './hospital.ts';
import { HEART_FOLDER } from './places.ts';

export interface NetworkResult {
  /** settled training rounds */
  readonly rounds: number;
  /** members of the last round */
  readonly sites: number;
  /** of the last round */
  readonly survivors: number;
  /** of the final model over all sites' held-out rows, from the masked counts of the evaluation step */
  readonly accuracy: number;
  readonly auc: number;
  /** the same architecture trained on all training rows in one place, on the same held-out rows */
  readonly centralised: { readonly accuracy: number; readonly auc: number };
  /** trained on one site's rows, on the same held-out rows */
  readonly alone: readonly { readonly site: string; readonly accuracy: number; readonly auc: number }[];
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
  task: bigint;
  spec: TaskSpec;
  bytesUpPerSiteRound: number;
  /** the model that the sites ended with */
  modelHash: string;
  signal: AbortSignal;
}): Promise<NetworkResult> {
  const { chain, relay, task, spec, bytesUpPerSiteRound, modelHash, signal } = args;
  const verification = await verifyTask({ chain, source: relay, task, fromVectors: true, signal });
  const { rounds, checkpoint } = verification;
  const last = rounds.findLast(({ outcome }) => outcome !== 'void');
  const pooled = last?.metrics;
  if (!verification.matches || checkpoint === undefined || last === undefined) {
    throw new MurmurError('bad-hash', `the model of task ${task} does not follow from its rounds`);
  }
  if (last.kind !== 'evaluation' || pooled?.auc === undefined) {
    throw new MurmurError('internal', `task ${task} ended without an evaluation`);
  }
  const sites = await Promise.all(HEART_SITES.map(({ file }) => readDataset(join(HEART_FOLDER, file), spec)));
  const trainer = await startTrainer(spec);
  const seed = await sha256(utf8('murmur/baselines/1'), utf8(spec.heldOut.seed));
  const { centralised, alone } = await trainBaselines({
    spec,
    sites,
    normaliser: checkpoint.normaliser,
    trainer,
    seed,
  });
  const view = await chain.round(task, last.round, signal);
  return {
    rounds: rounds.filter(({ kind, outcome }) => kind === 'training' && outcome !== 'void').length,
    sites: view.n,
    survivors: popcount(view.u3),
    accuracy: pooled.accuracy,
    auc: pooled.auc,
    centralised,
    alone: alone.map((scores, i) => ({ site: HEART_SITES[i]?.id ?? '', ...scores })),
    bytesUpPerSiteRound,
    parameters: weightCount(spec),
    modelHash,
    chainModelHash: verification.chainModelHash,
    recomputedModelHash: verification.recomputedModelHash,
  };
}
