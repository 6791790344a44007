/**
 * What four air-quality stations gain together when each has recorded one week.
 *
 * A week is 56 readings (every third hour), the same days at every station, so what a station gains are the others' places and not other
 * weather. Together is the masked task; alone is the same model trained by each station on its own week, with as many passes, rates
 * and penalties tried as the task had. Everybody is judged on the same hours: all of 2016 and what the files hold of 2017, of all
 * stations.
 *
 * The weeks lie evenly over those from July 2014 to the end of 2015 in which every station has readings enough. What was tuned was tuned on
 * weeks before June 2014, judged on a year to February 2015; the files' last year played no part in it (docs/learning.md).
 */
import { score } from '../../node/baselines.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { airTaskSpec, BEIJING_SITES } from '../../src/dataset/examples/series.ts';
import { type Dataset, type EncodedRows, joinRows, selectRows } from '../../src/dataset/split.ts';
import { type Normaliser, normalise } from '../../src/dataset/statistics.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { type Trainer, createTrainer } from '../../src/training/trainer.ts';
import { type Figure, figure } from '../figure.ts';
import { publicFile, readRows } from './rows.ts';
import type { SectionContext } from './section.ts';
import { interval, mean, seedCount } from './seeds.ts';
import { learnTogether } from './together.ts';
import { evenly, type Recording, readRecording } from './weeks.ts';

const WEEK = 7 * 8;
/** Examples that a station must have of a week's 49; the others touch a missing reading. */
const ENOUGH = 20;
const SCORED_FROM = '2016,1,1,0';
const TRAINED_FROM = '2014,7,1,0';

/** With so few rows a pass is a single step, so a round takes five. */
const TASK = airTaskSpec({
  heldOut: { fraction: 0, seed: 'bench' },
  training: { rounds: 20, epochs: 5, batchSize: 64, learningRate: 0.05, optimiser: 'sgd', l2: 0.03 },
  masking: { ...airTaskSpec().masking, rowCap: 64 },
});
/** Best of 20, 50, 100, 200 passes, l2 0.03, 0.1, own and common statistics. */
const ALONE = { epochs: 200, batchSize: 64, learningRate: 0.05, l2: 0.1 };

interface Week {
  /** as the files write it */
  readonly from: string;
  readonly sites: readonly EncodedRows[];
}

interface Accuracies {
  readonly together: number;
  /** mean over the stations */
  readonly alone: number;
}

/** @throws MurmurError bad-input for a number of seeds (here weeks) outside 2..1000 */
export async function figures(context: SectionContext): Promise<Figure[]> {
  const stations = await Promise.all(BEIJING_SITES.map(({ path }) => readRecording(publicFile(path))));
  const all = await usableWeeks(stations);
  const weeks = evenly(all, seedCount(context, 20));
  const test = joinRows(await Promise.all(stations.map((station) => rowsFrom(station))));
  const trainer = await createTrainer({ spec: TASK, prefer: ['wasm', 'cpu'] });
  const results: Accuracies[] = [];
  for (const week of weeks) {
    const result = await runWeek(week, test, trainer);
    results.push(result);
    context.progress(
      `week from ${week.from}: together ${result.together.toFixed(3)}, alone ${result.alone.toFixed(3)}`,
    );
  }
  trainer.dispose();
  return [summary(results, weeks, all.length, test, trainer.backend)];
}

/** Weeks in which every station has readings enough. */
async function usableWeeks(stations: readonly Recording[]): Promise<readonly Week[]> {
  const [first] = stations as [Recording];
  const weeks: Week[] = [];
  const end = first.lineOf(SCORED_FROM);
  for (let from = first.lineOf(TRAINED_FROM); from + WEEK <= end; from += WEEK) {
    const files = stations.map((station) => station.part(from, from + WEEK));
    const sites = await Promise.all(files.map((file) => readRows([file], TASK).catch(() => undefined)));
    if (sites.every((rows): rows is EncodedRows => rows !== undefined && rows.rows >= ENOUGH))
      weeks.push({ from: first.timeOf(from), sites });
  }
  return weeks;
}

function rowsFrom(station: Recording): Promise<EncodedRows> {
  return readRows([station.part(station.lineOf(SCORED_FROM), station.length)], TASK);
}

async function runWeek({ from, sites }: Week, test: EncodedRows, trainer: Trainer): Promise<Accuracies> {
  const beacon = await sha256(utf8(`murmur/bench/beijing/${from}`));
  const datasets: Dataset[] = sites.map((train) => ({ train, heldOut: selectRows(train, new Uint32Array(0)) }));
  const { weights, normaliser } = await learnTogether({ spec: TASK, sites: datasets, trainer, beacon });
  const start = await initialWeights(TASK, beacon);
  const accuracy = async (model: Float32Array, used: Normaliser) => (await score(trainer, model, used, test)).accuracy;
  const alone: number[] = [];
  for (const { features, labels, rows } of sites) {
    const own = { features: normalise(features, normaliser), labels, rows };
    const trained = await trainer.train({ weights: start, ...own, ...ALONE, seed: beacon });
    alone.push(await accuracy(trained.weights, normaliser));
  }
  return { together: await accuracy(weights, normaliser), alone: mean(alone) };
}

function summary(
  results: readonly Accuracies[],
  weeks: readonly Week[],
  usable: number,
  test: EncodedRows,
  backend: string,
): Figure {
  const gains = results.map(({ together, alone }) => together - alone);
  const { training, model } = TASK;
  const note =
    `accuracy of ${results.length} masked tasks minus the mean of the four stations alone: ${mean(results.map(({ together }) => together)).toFixed(4)} ` +
    `against ${mean(results.map(({ alone }) => alone)).toFixed(4)}; one week of readings every third hour a station (20 to 49 examples), the ` +
    `same week at all four, ${weeks.length} of the ${usable} usable weeks from July 2014 to 2015 (first ${weeks[0]?.from}, last ` +
    `${weeks.at(-1)?.from}); ${training.rounds} rounds of ${training.epochs} passes, ${model.layers.map(({ kind }) => kind).join('-')}, ` +
    `${backend}; judged on ${test.rows} examples of 2016 and 2017; ${interval(gains, 'weeks')}`;
  return figure({ id: 'beijing.gain', value: mean(gains), unit: 'share', goal: 0.02, better: 'higher', note });
}
