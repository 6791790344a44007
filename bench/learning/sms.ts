/**
 * Spam among text messages, learnt by ten simulated phones.
 *
 * The messages of all example files are read together, so that no text is in them twice; each seed deals them out to ten phones, each of
 * which holds a fifth of its own back. The masked model is judged on what all phones held back. The hyper-parameters of the example task
 * (src/dataset/examples/texts.ts) were chosen on the deals of other seeds (docs/learning.md).
 */
import { score, type Scores } from '../../node/baselines.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { SMS_SITES, smsTaskSpec } from '../../src/dataset/examples/texts.ts';
import { type EncodedRows, joinRows, splitHeldOut } from '../../src/dataset/split.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { type Figure, figure } from '../figure.ts';
import { dealRows, publicFile, readRows } from './rows.ts';
import type { SectionContext } from './section.ts';
import { interval, mean, seedCount } from './seeds.ts';
import { learnTogether } from './together.ts';

const PHONES = 10;

/** @throws MurmurError bad-input for a number of seeds outside 2..1000 */
export async function figures(context: SectionContext): Promise<Figure[]> {
  const seeds = seedCount(context, 3);
  const { training, model } = smsTaskSpec();
  const all = await readRows(
    SMS_SITES.map(({ path }) => publicFile(path)),
    smsTaskSpec(),
  );
  const trainer = await createTrainer({ spec: smsTaskSpec(), prefer: ['wasm', 'cpu'], kernels: 'all' });
  const scores: Scores[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { spec, sites } = await phones(seed, all);
    const beacon = await sha256(utf8(`murmur/bench/sms/${seed}`));
    const { weights, normaliser } = await learnTogether({ spec, sites, trainer, beacon });
    const test = joinRows(sites.map(({ heldOut }) => heldOut));
    scores.push(await score(trainer, weights, normaliser, test));
    context.progress(`seed ${seed}: accuracy ${scores[seed]?.accuracy.toFixed(4)} on ${test.rows} messages`);
  }
  trainer.dispose();
  const accuracies = scores.map(({ accuracy }) => accuracy);
  const setting =
    `${PHONES} simulated phones, ${all.rows} different messages dealt out at random, a fifth of each phone's held out and pooled; ` +
    `${training.rounds} masked rounds of ${model.layers.map(({ kind }) => kind).join('-')}, ${trainer.backend}`;
  return [
    figure({
      id: 'sms.accuracy',
      value: mean(accuracies),
      unit: 'share',
      goal: 0.975,
      better: 'higher',
      note: `${setting}; always "no spam" would be right in ${(1 - spamShare(all)).toFixed(3)}; ${interval(accuracies)}`,
    }),
  ];
}

async function phones(seed: number, all: EncodedRows) {
  const spec = smsTaskSpec({ heldOut: { fraction: 0.2, seed: `bench ${seed}` } });
  const random = new SeededRandom(await sha256(utf8(`murmur/bench/sms/deal/${seed}`)));
  return { spec, sites: await Promise.all(dealRows(all, PHONES, random).map((rows) => splitHeldOut(rows, spec))) };
}

function spamShare({ labels, rows }: EncodedRows): number {
  return labels.filter((label) => label === 1).length / rows;
}
