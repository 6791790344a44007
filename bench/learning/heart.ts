/**
 * What a masked task learns, against training on all rows in one place and against each hospital alone.
 *
 *   npm run -s bench -- learning --only heart --seeds 20
 *
 * For each seed every hospital keeps 34 % of its rows held out (as FLamby does). The federated model comes out of the product's own
 * path: local training (src/training), encoding, sharing, masking and unmasking (src/masking), fold (src/aggregation); only the
 * chain and the relay are left out. All models are judged on the held-out rows of all four hospitals together.
 * The task's and the rivals' hyper-parameters were chosen on splits of other seeds (1000 to 1029), never on these.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALONE, CENTRALISED, score, type Scores, trainBaselines } from '../../node/baselines.ts';
import { HEART_FOLDER } from '../../node/places.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { HEART_SITES, heartTaskSpec } from '../../src/dataset/heart.ts';
import { joinRows } from '../../src/dataset/split.ts';
import { type EncodedRows, encodeFeatures, parseTable, splitHeldOut } from '../../src/dataset/table.ts';
import { type TableTask, type TaskSpec } from '../../src/protocol/task-spec.ts';
import { type Trainer, createTrainer } from '../../src/training/trainer.ts';
import { type Figure, figure } from '../figure.ts';
import type { SectionContext } from './section.ts';
import { interval, mean, seedCount } from './seeds.ts';
import { learnTogether } from './together.ts';

const HELD_OUT = 0.34;

interface SeedResult {
  readonly masked: Scores;
  readonly centralised: Scores;
  /** accuracy of each hospital's own model */
  readonly alone: readonly number[];
}

/** @throws MurmurError bad-input for a number of seeds outside 2..1000 */
export async function figures(context: SectionContext): Promise<Figure[]> {
  const seeds = seedCount(context, 20);
  const spec = heartTaskSpec();
  const hospitals = await Promise.all(HEART_SITES.map(({ file }) => readHospital(file, spec)));
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'] });
  const results: SeedResult[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const started = performance.now();
    results.push(await runSeed(seed, hospitals, trainer));
    const { masked, centralised } = results[seed] as SeedResult;
    context.progress(
      `seed ${seed}: masked ${masked.accuracy.toFixed(3)}, centralised ${centralised.accuracy.toFixed(3)}, ${Math.round(performance.now() - started)} ms`,
    );
  }
  trainer.dispose();
  return summary(results, spec, trainer.backend);
}

async function readHospital(file: string, spec: TableTask): Promise<EncodedRows> {
  return encodeFeatures(await parseTable(await readFile(join(HEART_FOLDER, file), 'latin1'), spec.data), spec.data);
}

async function runSeed(seed: number, hospitals: readonly EncodedRows[], trainer: Trainer): Promise<SeedResult> {
  const spec = heartTaskSpec({ heldOut: { fraction: HELD_OUT, seed: `bench ${seed}` } });
  const sites = await Promise.all(hospitals.map((rows) => splitHeldOut(rows, spec)));
  const beacon = await sha256(utf8(`murmur/bench/accuracy/${seed}`));
  const test = joinRows(sites.map(({ heldOut }) => heldOut));
  const model = await learnTogether({ spec, sites, trainer, beacon });
  const { normaliser } = model;
  const baselines = await trainBaselines({ spec, sites, normaliser, trainer, seed: beacon });
  return {
    masked: await score(trainer, model.weights, normaliser, test),
    centralised: baselines.centralised,
    alone: baselines.alone.map(({ accuracy }) => accuracy),
  };
}

function summary(results: readonly SeedResult[], { training }: TaskSpec, backend: string): Figure[] {
  const note = (values: readonly number[], what: string) => `${what}; ${interval(values)}`;
  const entry = (
    id: string,
    values: readonly number[],
    unit: string,
    goal: number,
    better: 'higher' | 'lower',
    what: string,
  ) => figure({ id: `heart.${id}`, value: mean(values), unit, goal, better, note: note(values, what) });
  const byHospital = HEART_SITES.map(
    ({ id }, i) => `${id} ${mean(results.map(({ alone }) => alone[i] as number)).toFixed(3)}`,
  ).join(', ');
  const aloneMeans = results.map(({ alone }) => mean(alone));
  return [
    entry(
      'masked.accuracy',
      results.map((r) => r.masked.accuracy),
      'share',
      0.77,
      'higher',
      `${training.rounds} masked rounds of four hospitals, ${backend} backend, pooled held-out rows (34 % of each)`,
    ),
    entry(
      'masked.auc',
      results.map((r) => r.masked.auc),
      'share',
      0.85,
      'higher',
      'exact AUC of the same model on the same rows',
    ),
    entry(
      'centralised.accuracy',
      results.map((r) => r.centralised.accuracy),
      'share',
      0.77,
      'higher',
      `same architecture on the pooled training rows, ${CENTRALISED.epochs} epochs of SGD, tuned on other splits`,
    ),
    entry(
      'centralised.auc',
      results.map((r) => r.centralised.auc),
      'share',
      0.85,
      'higher',
      'exact AUC of the centralised model',
    ),
    entry(
      'alone.accuracy',
      aloneMeans,
      'share',
      0.6,
      'higher',
      `mean of four models trained on one hospital each (${ALONE.epochs} epochs, with the shared statistics), same test rows: ${byHospital}`,
    ),
    entry(
      'gap',
      results.map((r) => r.centralised.accuracy - r.masked.accuracy),
      'share',
      0.01,
      'lower',
      'centralised minus masked accuracy, paired by seed',
    ),
    entry(
      'aucGap',
      results.map((r) => r.centralised.auc - r.masked.auc),
      'share',
      0.01,
      'lower',
      'centralised minus masked AUC, paired by seed',
    ),
    entry(
      'gain',
      results.map((r, i) => r.masked.accuracy - (aloneMeans[i] as number)),
      'share',
      0.03,
      'higher',
      'masked accuracy minus the mean of the hospitals alone, paired by seed',
    ),
  ];
}
