/**
 * Pneumonia on chest X-rays, learnt by five simulated clinics, against the same model trained on all their pictures in one place.
 *
 * Each seed deals the example files' 5,206 pictures out to five clinics at random; each holds a tenth of its own back, as the task
 * says. Both models learn from the same rows and are judged on the 624 official test pictures, copies and all, which nothing was chosen
 * on: the example task's hyper-parameters (src/dataset/examples/pictures.ts) and the rival's below are the best of the same grid on what
 * the clinics of other seeds held back (docs/learning.md).
 */
import { score, type Scores } from '../../node/baselines.ts';
import { type Bytes, uintBytes, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { PNEUMONIA_SITES, PNEUMONIA_TEST, pneumoniaTaskSpec } from '../../src/dataset/examples/pictures.ts';
import { type EncodedRows, joinRows, splitHeldOut } from '../../src/dataset/split.ts';
import { type Normaliser, normalise } from '../../src/dataset/statistics.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { learningRateAt } from '../../src/protocol/learning-rate.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { type Trainer, createTrainer } from '../../src/training/trainer.ts';
import { type Figure, figure } from '../figure.ts';
import { dealRows, publicFile, readRows } from './rows.ts';
import type { SectionContext } from './section.ts';
import { interval, mean, seedCount } from './seeds.ts';
import { learnTogether } from './together.ts';

const CLINICS = 5;
/** Passes over all rows in one place, as rounds of one; the rest is as the task has it. */
const CENTRALISED = { rounds: 10, batchSize: 32, learningRate: 0.1 };

interface SeedResult {
  readonly masked: Scores;
  readonly centralised: Scores;
}

/** @throws MurmurError bad-input for a number of seeds outside 2..1000 */
export async function figures(context: SectionContext): Promise<Figure[]> {
  const seeds = seedCount(context, 3);
  const spec = pneumoniaTaskSpec();
  // One file at a time: each names its arrays alike. No picture is in two of them.
  const files = await Promise.all(PNEUMONIA_SITES.map(({ path }) => readRows([publicFile(path)], spec)));
  const test = await readRows([publicFile(PNEUMONIA_TEST)], spec, { keepCopies: true });
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'], kernels: 'all' });
  const results: SeedResult[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const result = await runSeed(seed, joinRows(files), test, trainer);
    results.push(result);
    const { masked, centralised } = result;
    context.progress(
      `seed ${seed}: masked ${masked.accuracy.toFixed(4)}, centralised ${centralised.accuracy.toFixed(4)} (AUC ${masked.auc.toFixed(4)}, ${centralised.auc.toFixed(4)})`,
    );
  }
  trainer.dispose();
  return summary(results, spec, test.rows, trainer.backend);
}

async function runSeed(seed: number, all: EncodedRows, test: EncodedRows, trainer: Trainer): Promise<SeedResult> {
  const spec = pneumoniaTaskSpec({ heldOut: { fraction: 0.1, seed: `bench ${seed}` } });
  const random = new SeededRandom(await sha256(utf8(`murmur/bench/pneumonia/deal/${seed}`)));
  const sites = await Promise.all(dealRows(all, CLINICS, random).map((rows) => splitHeldOut(rows, spec)));
  const beacon = await sha256(utf8(`murmur/bench/pneumonia/${seed}`));
  const { weights, normaliser } = await learnTogether({ spec, sites, trainer, beacon });
  const pooled = joinRows(sites.map(({ train }) => train));
  const centralised = await trainCentralised({ spec, rows: pooled, normaliser, trainer, seed: beacon });
  return {
    masked: await score(trainer, weights, normaliser, test),
    centralised: await score(trainer, centralised, normaliser, test),
  };
}

async function trainCentralised(args: {
  spec: TaskSpec;
  rows: EncodedRows;
  normaliser: Normaliser;
  trainer: Trainer;
  seed: Bytes;
}): Promise<Float32Array> {
  const { spec, rows, normaliser, trainer, seed } = args;
  const training = { ...spec.training, ...CENTRALISED };
  const job = {
    ...rows,
    features: normalise(rows.features, normaliser),
    batchSize: training.batchSize,
    l2: training.l2,
  };
  let weights = await initialWeights(spec, seed);
  for (let epoch = 1; epoch <= training.rounds; epoch++) {
    const learningRate = learningRateAt(training, epoch);
    const order = await sha256(seed, uintBytes(epoch, 2));
    ({ weights } = await trainer.train({ ...job, weights, epochs: 1, learningRate, seed: order }));
  }
  return weights;
}

function summary(results: readonly SeedResult[], spec: TaskSpec, testRows: number, backend: string): Figure[] {
  const accuracies = results.map(({ masked }) => masked.accuracy);
  const gaps = results.map(({ masked, centralised }) => centralised.accuracy - masked.accuracy);
  const centralised = mean(results.map((result) => result.centralised.accuracy));
  const aucs = [mean(results.map(({ masked }) => masked.auc)), mean(results.map((result) => result.centralised.auc))];
  const { training, model } = spec;
  const setting =
    `${CLINICS} simulated clinics with pictures dealt out at random, ${training.rounds} masked rounds of ${training.epochs} passes, ` +
    `${model.layers.map(({ kind }) => kind).join('-')}, ${backend}; ${testRows} official test pictures`;
  return [
    figure({
      id: 'pneumonia.accuracy',
      value: mean(accuracies),
      unit: 'share',
      goal: 0.85,
      better: 'higher',
      note: `${setting}; always "pneumonia" would be right in 0.625; ${interval(accuracies)}`,
    }),
    figure({
      id: 'pneumonia.gap',
      value: mean(gaps),
      unit: 'share',
      goal: 0.01,
      better: 'lower',
      note:
        `accuracy of ${CENTRALISED.rounds} passes over the same rows in one place (${centralised.toFixed(4)}) minus masked, paired by seed; ` +
        `AUC ${aucs.map((auc = 0) => auc.toFixed(4)).join(' masked, ')} centralised; ${interval(gaps)}`,
    }),
  ];
}
