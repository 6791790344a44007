/**
 * What four air-quality stations gain together when each has recorded one week, a reading every third hour.
 *
 * - gain: every station has a week of another season, as stations do that were set up one after the other
 * - sameWeekGain: all have the same days, so that what a station gains are the others' places and not other weather
 *
 * Together is the masked task; alone is the same model trained by each station on its own week, with as many passes and penalties tried
 * as the task had. Everybody is judged on the same hours: all of 2016 and what the files hold of 2017, of all stations.
 *
 * The weeks lie evenly over those from July 2014 to the end of 2015 in which every station has readings enough. What was tuned was tuned on
 * weeks before June 2014, judged on a year to February 2015; the files' last year played no part in it (docs/learning.md).
 */
import { score } from '../../node/baselines.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { hasCode } from '../../src/core/errors.ts';
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
  /** its first reading, as the files write it */
  readonly from: string;
  /** rows of each station */
  readonly sites: readonly EncodedRows[];
}

interface Accuracies {
  readonly together: number;
  /** mean over the stations */
  readonly alone: number;
}

/** @throws MurmurError bad-input for a number of seeds (here of weeks) outside 2..1000 */
export async function figures(context: SectionContext): Promise<Figure[]> {
  const stations = await Promise.all(BEIJING_SITES.map(({ path }) => readRecording(publicFile(path))));
  const weeks = await usableWeeks(stations);
  const firsts = evenly([...weeks.keys()], seedCount(context, 20));
  const test = joinRows(await Promise.all(stations.map((station) => rowsFrom(station))));
  const trainer = await createTrainer({ spec: TASK, prefer: ['wasm', 'cpu'] });
  const measure = async (apart: number): Promise<readonly Accuracies[]> => {
    const results: Accuracies[] = [];
    for (const first of firsts) {
      const taken = stations.map((_, station) => weeks[(first + station * apart) % weeks.length] as Week);
      const result = await runStations(taken, test, trainer);
      results.push(result);
      context.progress(
        `weeks from ${taken.map(({ from }) => from).join('; ')}: together ${result.together.toFixed(3)}, alone ${result.alone.toFixed(3)}`,
      );
    }
    return results;
  };
  const setting =
    `20 to 49 examples a station, of one week of readings every third hour; ${firsts.length} tasks with weeks evenly over the ` +
    `${weeks.length} usable ones from ${weeks[0]?.from} to ${weeks.at(-1)?.from} (year, month, day, hour); ${TASK.training.rounds} masked ` +
    `rounds of ${TASK.training.epochs} passes, ${TASK.model.layers.map(({ kind }) => kind).join('-')}, ${trainer.backend}; judged on ` +
    `${test.rows} examples of 2016 and 2017`;
  const found = [
    gain('gain', await measure(Math.floor(weeks.length / stations.length)), `every station another week; ${setting}`),
    gain('sameWeekGain', await measure(0), `the same week at all four stations; ${setting}`),
  ];
  trainer.dispose();
  return found;
}

/** Weeks in which every station has readings enough. */
async function usableWeeks(stations: readonly Recording[]): Promise<readonly Week[]> {
  const [first] = stations as [Recording];
  const weeks: Week[] = [];
  const end = first.lineOf(SCORED_FROM);
  for (let from = first.lineOf(TRAINED_FROM); from + WEEK <= end; from += WEEK) {
    const files = stations.map((station) => station.part(from, from + WEEK));
    const sites = await Promise.all(files.map((file) => readRows([file], TASK).catch(unlessUnfit)));
    if (sites.every((rows): rows is EncodedRows => rows !== undefined && rows.rows >= ENOUGH))
      weeks.push({ from: first.timeOf(from), sites });
  }
  return weeks;
}

/** A week whose readings do not fit, or have no example, is none. */
function unlessUnfit(error: unknown): undefined {
  if (!hasCode(error, 'bad-input')) throw error;
}

function rowsFrom(station: Recording): Promise<EncodedRows> {
  return readRows([station.part(station.lineOf(SCORED_FROM), station.length)], TASK);
}

/** @param taken the week of each station */
async function runStations(taken: readonly Week[], test: EncodedRows, trainer: Trainer): Promise<Accuracies> {
  const sites = taken.map((week, station) => week.sites[station] as EncodedRows);
  const beacon = await sha256(utf8(`murmur/bench/beijing/${taken[0]?.from}`));
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

function gain(id: string, results: readonly Accuracies[], setting: string): Figure {
  const gains = results.map(({ together, alone }) => together - alone);
  const [together, alone] = [
    mean(results.map((result) => result.together)),
    mean(results.map((result) => result.alone)),
  ];
  return figure({
    id: `beijing.${id}`,
    value: mean(gains),
    unit: 'share',
    goal: 0.02,
    better: 'higher',
    note:
      `accuracy of the masked model (${together.toFixed(4)}) minus the mean of the four stations alone (${alone.toFixed(4)}), paired; ` +
      `${setting}; ${interval(gains, 'tasks')}`,
  });
}
