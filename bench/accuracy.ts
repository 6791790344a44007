/**
 * What a masked task learns, against training on all rows in one place and against each hospital alone.
 *
 *   npm run -s bench -- accuracy --task heart --seeds 20
 *
 * For each seed every hospital keeps 34 % of its rows held out (as FLamby does). The federated model comes out of the product's own
 * path: local training (src/training), encoding, sharing, masking and unmasking (src/masking), fold (src/aggregation); only the
 * chain and the relay are left out. All models are judged on the held-out rows of all four hospitals together.
 * The task's and the rivals' hyper-parameters were chosen on splits of other seeds (1000 to 1029), never on these.
 */
import { readFile } from 'node:fs/promises';
import { fold } from '../src/aggregation/fold.ts';
import {
  type Parts,
  evaluationParts,
  roundLayout,
  statisticsParts,
  trainingParts,
} from '../src/aggregation/layouts.ts';
import { firstOf } from '../src/core/bitmap.ts';
import { type Bytes, utf8 } from '../src/core/bytes.ts';
import { check } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { type RandomBytes, secureRandom } from '../src/core/random.ts';
import { HEART_SITES, heartTaskSpec } from '../src/dataset/heart.ts';
import { joinRows } from '../src/dataset/split.ts';
import { type Normaliser, normalise } from '../src/dataset/statistics.ts';
import { type Dataset, type EncodedRows, encodeFeatures, parseTable, splitHeldOut } from '../src/dataset/table.ts';
import { evaluate } from '../src/evaluation/metrics.ts';
import { roundContext, maskContext as maskContextOf } from '../src/masking/context.ts';
import { packVector, unpackVector } from '../src/masking/encode.ts';
import { commitSelfMask, createRoundSecrets, generateChannelKeys, maskKeys } from '../src/masking/keys.ts';
import { maskVector } from '../src/masking/mask.ts';
import { dealShares, openShare } from '../src/masking/shares.ts';
import { shareThreshold } from '../src/protocol/threshold.ts';
import { buildAnswer, unmaskSum } from '../src/masking/unmask.ts';
import { type Checkpoint, modelHash, writeCheckpoint } from '../src/model/checkpoint.ts';
import { type TableTask, type TaskSpec, taskSpecHash } from '../src/protocol/task-spec.ts';
import { type Trainer, createTrainer } from '../src/training/trainer.ts';
import { ALONE, CENTRALISED, score, type Scores, trainBaselines } from '../node/baselines.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';

/** Seen from dist/node/bench/accuracy.js. */
const HEART_FOLDER = new URL('../../../public/data/heart/', import.meta.url);
const HELD_OUT = 0.34;
const CORRUPT_BPS = 2500;

interface SeedResult {
  readonly masked: Scores;
  readonly centralised: Scores;
  /** accuracy of each hospital's own model */
  readonly alone: readonly number[];
}

/** @throws MurmurError bad-input for another task or a number of seeds outside 2..1000 */
export async function run({ args, progress }: Pick<BenchContext, 'full' | 'args' | 'progress'>): Promise<Figure[]> {
  check((args['task'] ?? 'heart') === 'heart', `there is no task ${args['task']}`, 'The only task is heart.');
  const seeds = Number(args['seeds'] ?? 20);
  check(Number.isInteger(seeds) && seeds >= 2 && seeds <= 1000, '--seeds must be in 2..1000');
  const spec = heartTaskSpec();
  const hospitals = await Promise.all(HEART_SITES.map(({ file }) => readHospital(file, spec)));
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'] });
  const results: SeedResult[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const started = performance.now();
    results.push(await runSeed(seed, hospitals, trainer));
    const { masked, centralised } = results[seed] as SeedResult;
    progress(
      `seed ${seed}: masked ${masked.accuracy.toFixed(3)}, centralised ${centralised.accuracy.toFixed(3)}, ${Math.round(performance.now() - started)} ms`,
    );
  }
  trainer.dispose();
  return figures(results, spec, trainer.backend);
}

async function readHospital(file: string, spec: TableTask): Promise<EncodedRows> {
  return encodeFeatures(await parseTable(await readFile(new URL(file, HEART_FOLDER), 'latin1'), spec.data), spec.data);
}

async function runSeed(seed: number, hospitals: readonly EncodedRows[], trainer: Trainer): Promise<SeedResult> {
  const spec = heartTaskSpec({ heldOut: { fraction: HELD_OUT, seed: `bench ${seed}` } });
  const sites = await Promise.all(hospitals.map((rows) => splitHeldOut(rows, spec.heldOut)));
  const beacon = await sha256(utf8(`murmur/bench/accuracy/${seed}`));
  const test = joinRows(sites.map(({ heldOut }) => heldOut));
  const model = await learnTogether(spec, sites, trainer, beacon);
  const { normaliser } = model;
  const baselines = await trainBaselines({ spec, sites, normaliser, trainer, seed: beacon });
  return {
    masked: await score(trainer, model.weights, normaliser, test),
    centralised: baselines.centralised,
    alone: baselines.alone.map(({ accuracy }) => accuracy),
  };
}

/** All steps of the task, each through one masked round in which everybody survives. */
async function learnTogether(
  spec: TableTask,
  sites: readonly Dataset[],
  trainer: Trainer,
  beacon: Bytes,
): Promise<Checkpoint> {
  let base: Checkpoint | undefined;
  for (let step = 0; step <= spec.training.rounds + 1; step++) {
    const inputs: Parts[] = [];
    for (const [index, site] of sites.entries())
      inputs.push(await contribution(spec, step, base, site, trainer, index));
    const sums = await maskedSum(spec, step, base, inputs, beacon, secureRandom);
    const { checkpoint } = await fold({ spec, step, base, sums, beacon, members: sites.length });
    base = checkpoint;
  }
  check(base !== undefined, 'a task has steps');
  return base;
}

async function contribution(
  spec: TableTask,
  step: number,
  base: Checkpoint | undefined,
  { train, heldOut }: Dataset,
  trainer: Trainer,
  index: number,
): Promise<Parts> {
  if (base === undefined) return statisticsParts(spec, train);
  const predicted = await trainer.predict(base.weights, normalise(heldOut.features, base.normaliser), heldOut.rows);
  const evaluation = evaluate(predicted, heldOut.labels, spec.evaluation.bins);
  if (step > spec.training.rounds) return evaluationParts(spec, evaluation);
  const { epochs, batchSize, learningRate, l2 } = spec.training;
  const seed = await sha256(utf8(`murmur/bench/accuracy/${spec.heldOut.seed}/${step}/${index}`));
  const job = {
    weights: base.weights,
    ...trainingRows(train, base.normaliser),
    epochs,
    batchSize,
    learningRate,
    l2,
    seed,
  };
  const { weights } = await trainer.train(job);
  const delta = weights.map((weight, i) => weight - (base.weights[i] as number));
  return trainingParts({ spec, delta, rows: train.rows, evaluation }).parts;
}

/** One round of docs/protocol.md, sections 5 to 9, in one process: nobody here adds up anything that is not masked. */
async function maskedSum(
  spec: TableTask,
  step: number,
  base: Checkpoint | undefined,
  inputs: readonly Parts[],
  beacon: Bytes,
  random: RandomBytes,
): Promise<Float64Array[]> {
  const n = inputs.length;
  const layout = roundLayout(spec, step);
  const context = await roundContext({
    chainId: 31337,
    coordinator: new Uint8Array(20),
    task: 1,
    round: step + 1,
    group: 0,
    step,
    layout,
    baseModel: base === undefined ? new Uint8Array(32) : await modelHash(await writeCheckpoint(spec, base)),
    specHash: await taskSpecHash(spec),
    rosterHash: new Uint8Array(32),
    beacon,
  });
  const threshold = shareThreshold(n, CORRUPT_BPS);
  const everybody = firstOf(n);
  const secrets = inputs.map(() => createRoundSecrets(random));
  const channels = await Promise.all(inputs.map(async () => (await generateChannelKeys(random)).pair));
  const channelKeys = channels.map(({ publicKey }) => publicKey);
  const keys = await Promise.all(secrets.map(({ seed }) => maskKeys(seed)));
  const maskPublicKeys = keys.map(({ publicKey }) => publicKey);
  const member = <T>(list: readonly T[], index: number): T => list[index] as T;
  const dealt = await Promise.all(
    inputs.map((_, index) =>
      dealShares({
        context,
        index,
        channel: member(channels, index),
        channelKeys,
        secrets: member(secrets, index),
        threshold,
        random,
      }),
    ),
  );
  const maskContext = await maskContextOf(context, everybody);
  const masked = await Promise.all(
    inputs.map((parts, index) =>
      maskVector({
        layout,
        packed: packVector(layout, parts),
        maskContext,
        u2: everybody,
        index,
        secrets: member(secrets, index),
        maskKeys: member(keys, index),
        maskPublicKeys,
      }),
    ),
  );
  const answers = await Promise.all(
    inputs.map(async (_, index) => {
      const opened = await Promise.all(
        dealt.map(({ bundle, root }, dealer) =>
          openShare({
            context,
            dealer,
            index,
            channel: member(channels, index),
            dealerChannelKey: member(channelKeys, dealer),
            bundle,
            root,
            members: n,
          }),
        ),
      );
      return buildAnswer({ u2: everybody, u3: everybody, held: new Map(opened.entries()) });
    }),
  );
  const { packedSum } = await unmaskSum({
    layout,
    context,
    maskContext,
    u2: everybody,
    u3: everybody,
    threshold,
    maskPublicKeys,
    selfMaskCommitments: await Promise.all(secrets.map(({ selfMask }) => commitSelfMask(selfMask))),
    bundles: new Map(dealt.map(({ bundle }, dealer) => [dealer, bundle])),
    inputs: new Map(masked.entries()),
    answers: new Map(answers.entries()),
  });
  return unpackVector(layout, packedSum);
}

function trainingRows({ features, labels, rows }: EncodedRows, normaliser: Normaliser) {
  return { features: normalise(features, normaliser), labels, rows };
}

function figures(results: readonly SeedResult[], { training }: TaskSpec, backend: string): Figure[] {
  const note = (values: readonly number[], what: string) =>
    `${what}; 95 % interval of the mean over ${results.length} seeds ${interval(values)}`;
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
      0.015,
      'lower',
      'centralised minus masked accuracy, paired by seed',
    ),
    entry(
      'aucGap',
      results.map((r) => r.centralised.auc - r.masked.auc),
      'share',
      0.015,
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean ± 1.96 standard errors; seeds split the same rows, so it says how much splits matter, not other patients. */
function interval(values: readonly number[]): string {
  const average = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
  const margin = 1.96 * Math.sqrt(variance / values.length);
  return `${(average - margin).toFixed(4)} to ${(average + margin).toFixed(4)}`;
}
