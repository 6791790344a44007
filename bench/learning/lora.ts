/**
 * What an adapter saves on the line and costs in accuracy: the 2NN of McMahan et al. (AISTATS 2017) over digits of 8 x 8 pixels
 * (optdigits), first trained at one place that knows five of the ten digits only, then taught all ten by four sites, once by adapters
 * (Hu et al. 2021) and once whole, by the product's own masked rounds. Both begin from the same file of starting weights.
 *
 * The learning rate, the same for both, was chosen on another split (`--split o1`).
 */
import { join } from 'node:path';
import { readDataset } from '../../node/data-files.ts';
import { PUBLIC_FOLDER } from '../../node/places.ts';
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { check } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { OPTDIGITS_SITES, optdigitsTaskSpec } from '../../src/dataset/examples/pictures.ts';
import { presetModel } from '../../src/model/presets.ts';
import { type Dataset, type EncodedRows, joinRows, selectRows } from '../../src/dataset/split.ts';
import { normalise, normaliserFrom, predictionsFrom, statisticsVector } from '../../src/dataset/statistics.ts';
import { exactMetrics } from '../../src/evaluation/examination.ts';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { describeStart, readStart, writeStart } from '../../src/model/start.ts';
import { layoutBytes } from '../../src/protocol/layout.ts';
import { targetOf } from '../../src/protocol/target.ts';
import { checkTaskSpec, type TaskSpec } from '../../src/protocol/task-spec.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { type BenchContext, type Figure, figure } from '../figure.ts';
import { learnTogether } from './together.ts';

const RANK = 4;
/** Digits that the starting model was trained on: those below. */
const KNOWN_DIGITS = 5;
const TRAINING = { rounds: 10, epochs: 2, batchSize: 32, learningRate: 0.1, optimiser: 'sgd', l2: 0 } as const;
const PRETRAINING = { epochs: 40, batchSize: 32, learningRate: 0.05, l2: 0 };

/** @throws MurmurError bad-input when a file does not fit its task */
export async function figures({ args, progress }: Pick<BenchContext, 'full' | 'args' | 'progress'>): Promise<Figure[]> {
  const task = optdigitsTaskSpec({ heldOut: { fraction: 0.2, seed: args['split'] ?? 'lora' }, training: TRAINING });
  const plain: TaskSpec = { ...task, model: presetModel('2nn', task.data) };
  const paths = OPTDIGITS_SITES.map(({ path }) => join(PUBLIC_FOLDER, path));
  const sites = await Promise.all(paths.map((path) => readDataset(path, plain)));
  const beacon = await sha256(utf8('murmur/bench/lora/1'));

  const file = await pretrained(plain, sites[0] as Dataset, beacon);
  const start = await describeStart(plain, file);
  const whole = checkTaskSpec({ ...plain, model: { ...plain.model, start } });
  const adapter = { kind: 'lora', rank: RANK, alpha: 2 * RANK, head: 'trained' } as const;
  const adapted = checkTaskSpec({ ...whole, model: { ...whole.model, adapter } });
  const learn = async (spec: TaskSpec, what: string): Promise<{ first: number; last: number }> => {
    const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'] });
    const test = joinRows(sites.map(({ heldOut }) => heldOut));
    const scores: number[] = [];
    const weights = await readStart(spec, start, file);
    const onStep = async (step: number, model: Checkpoint): Promise<void> => {
      const { features, labels, rows } = test;
      const outputs = await trainer.predict(model.weights, normalise(features, model.normaliser), rows);
      const target = targetOf(spec.data);
      const metrics = exactMetrics(target, predictionsFrom(target, model.normaliser, outputs), labels);
      check(metrics?.kind === 'classes', 'digits are classes');
      scores.push(metrics.accuracy);
      progress(`${what}: accuracy ${metrics.accuracy.toFixed(3)} after step ${step}`);
    };
    await learnTogether({ spec, sites, trainer, beacon, start: weights, onStep });
    trainer.dispose();
    return { first: scores[0] as number, last: scores.at(-1) as number };
  };
  const byAdapter = await learn(adapted, `rank ${RANK}`);
  const byAll = await learn(whole, 'whole');

  const bytes = (spec: TaskSpec): number => layoutBytes(roundLayout(spec, 1));
  const setting = `2NN on optdigits, 4 sites, ${TRAINING.rounds} masked rounds, from weights that know the digits 0 to ${KNOWN_DIGITS - 1}`;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const accuracies = `held-out accuracy ${percent(byAdapter.first)} at the start, ${percent(byAdapter.last)} by adapters, ${percent(byAll.last)} by all weights`;
  return [
    figure({
      id: 'lora.bytesRatio',
      value: bytes(adapted) / bytes(whole),
      unit: 'ratio',
      goal: 0.1,
      better: 'lower',
      note: `masked vector of a site and round with adapters of rank ${RANK} and the whole last layer (${bytes(adapted)} bytes) over that of all weights (${bytes(whole)} bytes); ${setting}`,
    }),
    figure({
      id: 'lora.gain',
      value: byAdapter.last - byAdapter.first,
      unit: 'accuracy',
      goal: 0.3,
      better: 'higher',
      note: `what the adapters learnt: ${accuracies}; ${setting}`,
    }),
    figure({
      id: 'lora.gap',
      value: byAll.last - byAdapter.last,
      unit: 'accuracy',
      goal: 0.03,
      better: 'lower',
      note: `what training all weights is better: ${accuracies}; ${setting}`,
    }),
  ];
}

/** The file of a model that was trained on one site's pictures of the first digits. */
async function pretrained(spec: TaskSpec, { train }: Dataset, seed: Uint8Array<ArrayBuffer>) {
  const known = selectRows(train, rowsBelow(train, KNOWN_DIGITS));
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'] });
  const weights = await initialWeights(spec, seed);
  const { labels, rows } = known;
  const features = normalise(known.features, normaliserFrom(spec, statisticsVector(spec, train)));
  const trained = await trainer.train({ weights, features, labels, rows, ...PRETRAINING, seed });
  trainer.dispose();
  return writeStart(spec, trained.weights);
}

function rowsBelow({ labels, rows }: EncodedRows, digit: number): Uint32Array {
  return Uint32Array.from(
    Array.from({ length: rows }, (_, row) => row).filter((row) => (labels[row] as number) < digit),
  );
}
