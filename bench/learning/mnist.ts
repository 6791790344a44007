/**
 * McMahan et al. 2017, "Communication-efficient learning of deep networks from decentralized data", scaled down to MNIST-10k: the
 * official test file is all there is here, so 100 sites have 80 pictures each where the paper's have 600, and its targets of 97 % and
 * 99 % are out of reach. 10 sites a round (C = 0.1), E = 5 passes, batches of B = 10, the paper's 2NN and CNN.
 *
 *   npm run -s bench -- learning --only mnist --full
 *
 * Two ways to deal out: evenly, or two shards a site of pictures sorted by digit. All rounds are masked; the 2NN's even one is repeated
 * without masks from the same seed, which must give the same model. Writes its curves as a picture to docs/images.
 */
import { writeFile } from 'node:fs/promises';
import { MNIST_SITES, mnistTaskSpec, type PicturesTask } from '../../src/dataset/examples/pictures.ts';
import { splitByShards, splitEvenly } from '../../src/dataset/sites.ts';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { type Preset, presetModel } from '../../src/model/presets.ts';
import { checkTaskSpec } from '../../src/protocol/task-spec.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { type Figure, figure } from '../figure.ts';
import { curvesPicture, type Panel } from './curves-picture.ts';
import { accuracyOn, dealOut, drawCohorts, readPool, seedOf } from './digits.ts';
import type { SectionContext } from './section.ts';
import { learnTogether } from './together.ts';

/** Seen from dist/node/bench/learning.js. */
const PICTURE = new URL('../../../docs/images/mnist-10k.svg', import.meta.url);
const SITES = 100;
const COHORT = 10;

const SPLITS = { iid: 'dealt out evenly', shards: 'two shards of pictures sorted by digit a site' } as const;
type Split = keyof typeof SPLITS;

interface Plan {
  readonly preset: Preset;
  readonly name: string;
  /** accuracy on the pooled held-out pictures at which a run ends */
  readonly target: number;
  readonly learningRate: number;
  /** rounds after which a run ends in any case */
  readonly most: Readonly<Record<Split, number>>;
}

const PLANS: readonly Plan[] = [
  { preset: '2nn', name: '2NN', target: 0.92, learningRate: 0.1, most: { iid: 60, shards: 120 } },
  { preset: 'mcmahan-cnn', name: 'CNN', target: 0.92, learningRate: 0.1, most: { iid: 20, shards: 40 } },
];

interface Run {
  /** after each round, from the first */
  readonly accuracy: readonly number[];
  readonly model: Checkpoint;
}

/** Nothing without --full: it takes half an hour of one core. */
export async function figures({ full, progress }: SectionContext): Promise<Figure[]> {
  if (!full) return [];
  const found: Figure[] = [];
  const panels: Panel[] = [];
  for (const plan of PLANS) {
    const bench = await openBench(plan, progress);
    const iid = await bench.run('iid', false);
    const shards = await bench.run('shards', false);
    found.push(roundsFigure(plan, 'iid', iid), roundsFigure(plan, 'shards', shards));
    if (plan.preset === '2nn') found.push(maskedMinusPlain(plan, iid, await bench.run('iid', true)));
    bench.dispose();
    panels.push({
      title: `${plan.name} on MNIST-10k, target ${plan.target * 100} %`,
      target: plan.target,
      curves: [
        { name: 'dealt out evenly', values: iid.accuracy },
        { name: 'two shards a site', values: shards.accuracy },
      ],
    });
    await writeFile(PICTURE, picture(panels));
  }
  return found;
}

async function openBench(plan: Plan, progress: SectionContext['progress']) {
  const spec = specOf(plan);
  const pool = await readPool(MNIST_SITES, spec);
  const seed = await seedOf('mnist', 0);
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'] });
  const cohorts = drawCohorts(spec.training.rounds + 2, SITES, COHORT, seed);
  const run = async (split: Split, plain: boolean): Promise<Run> => {
    const { labels, rows } = pool.train;
    const dealt = split === 'iid' ? splitEvenly(rows, SITES, seed) : splitByShards(labels, SITES, 2, seed);
    const accuracy: number[] = [];
    const model = await learnTogether({
      spec,
      sites: dealOut(pool.train, dealt),
      trainer,
      beacon: seed,
      cohort: (step) => Array.from(cohorts[step] as Uint32Array),
      plain,
      onStep: async (step, after) => {
        if (step === 0) return false;
        accuracy.push(await accuracyOn(trainer, spec, after, pool.heldOut));
        const last = accuracy.at(-1) as number;
        progress(`${plan.name} ${split}${plain ? ' without masks' : ''}, round ${step}: ${last.toFixed(4)}`);
        return last >= plan.target || step >= plan.most[split];
      },
    });
    return { accuracy, model };
  };
  return { run, dispose: () => trainer.dispose() };
}

function specOf({ preset, learningRate, most }: Plan): PicturesTask {
  const base = mnistTaskSpec();
  const rounds = Math.max(most.iid, most.shards);
  return checkTaskSpec({
    ...base,
    model: presetModel(preset, base.data),
    training: { ...base.training, rounds, epochs: 5, batchSize: 10, learningRate },
    // Every site has 80 pictures and so a weight of 1. 10 · 8 · 2^24 < 2^31 leaves no wrap.
    masking: { clipNorm: 8, updateWidth: 32, updateFractionBits: 24, rowCap: 80, maxCohort: COHORT },
    evaluation: { ...base.evaluation, release: 'off' },
  }) as PicturesTask;
}

function roundsFigure(plan: Plan, split: Split, { accuracy }: Run): Figure {
  const { name, target, most, preset, learningRate } = plan;
  const last = accuracy.at(-1) as number;
  const reached = last >= target;
  return figure({
    id: preset === '2nn' ? `mnist.${split}.rounds` : `mnist.${split}.cnnRounds`,
    // One more than were tried cannot be taken for a success.
    value: reached ? accuracy.length : accuracy.length + 1,
    unit: 'rounds',
    goal: most[split],
    better: 'lower',
    note: `${name}, MNIST-10k ${SPLITS[split]} to ${SITES} simulated sites, ${COHORT} a round, masked, E = 5, B = 10, rate ${learningRate}: rounds until ${target * 100} % of the pooled held-out pictures are right; ${reached ? 'reached' : 'NOT reached'}, the last model has ${(100 * last).toFixed(2)} %`,
  });
}

/** Fixed point adds up exactly, so a mask that cancels leaves the very same bits. */
function maskedMinusPlain({ name }: Plan, masked: Run, plain: Run): Figure {
  const { weights } = plain.model;
  const different = masked.model.weights.reduce((count, weight, i) => count + (weight === weights[i] ? 0 : 1), 0);
  return figure({
    id: 'mnist.maskedMinusPlain',
    value: Math.abs((masked.accuracy.at(-1) as number) - (plain.accuracy.at(-1) as number)),
    unit: 'share',
    goal: 0,
    better: 'lower',
    note: `distance of the last accuracies of ${name}, MNIST-10k dealt out evenly, with masks (${masked.accuracy.length} rounds) and without (${plain.accuracy.length}), from one seed; of ${weights.length} weights ${different} differ`,
  });
}

function picture(panels: readonly Panel[]): string {
  const ends = panels.flatMap(({ title, curves }) =>
    curves.map(
      ({ name, values }) =>
        `${title}: ${name} ${(100 * (values.at(-1) as number)).toFixed(1)} % after ${values.length}`,
    ),
  );
  return curvesPicture({
    title: 'Accuracy after each round, MNIST-10k, 100 simulated sites',
    description: `Share of held-out pictures that the common model names rightly. ${ends.join('. ')} rounds.`,
    panels,
    floor: 0.5,
  });
}
