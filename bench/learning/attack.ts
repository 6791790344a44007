/**
 * Membership inference against a federated task, with and without noise: does what the rounds make public tell who was in the data?
 *
 * The four hospitals of the heart task, a model that is too large for their few rows and many passes, so that without noise it
 * remembers rows. Several tasks are run, each on another half of every hospital's rows; each is attacked with all others as shadow models
 * (membership.ts), which gives the attacker more than a stranger has: the same kind of rows, the same settings, the very candidates.
 * With noise: DP-SGD at every hospital with DEFAULT_RECORD_PRIVACY, as many passes, the rate chosen for accuracy. Sums are plain, because
 * all that an attacker of this section sees are the public models, which are the same (mnist.ts shows it).
 */
import { fileURLToPath } from 'node:url';
import { taskPrivacy } from '../../src/aggregation/task-privacy.ts';
import { check } from '../../src/core/errors.ts';
import { type RandomBytes, SeededRandom, secureRandom } from '../../src/core/random.ts';
import { HEART_SITES, heartTaskSpec } from '../../src/dataset/heart.ts';
import { type EncodedRows, joinRows, selectRows } from '../../src/dataset/split.ts';
import { normalise } from '../../src/dataset/statistics.ts';
import { rowLosses } from '../../src/evaluation/losses.ts';
import { DEFAULT_RECORD_PRIVACY } from '../../src/protocol/privacy-defaults.ts';
import { targetOf } from '../../src/protocol/target.ts';
import { type TableTask, type TaskSpec, checkTaskSpec } from '../../src/protocol/task-spec.ts';
import { recordRandomness } from '../../src/training/records.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { readDataset } from '../../node/data-files.ts';
import { type Figure, figure } from '../figure.ts';
import { seedOf } from './digits.ts';
import { ATTACKS, type Trained, attackAucs } from './membership.ts';
import type { SectionContext } from './section.ts';
import { learnTogether } from './together.ts';

/** Seen from dist/node/bench/learning.js. */
const HEART_FOLDER = new URL('../../../public/data/heart/', import.meta.url);
/** Models, hence targets, of each kind: pairs on the two halves of the rows. */
const MODELS = { quick: 4, full: 16 };

const PLAIN_RATE = 0.3;
const NOISY_RATE = 0.02;

/** The task that is attacked, as plain as the product has it. */
export function attackedTask(overrides: Partial<TableTask> = {}): TaskSpec {
  const base = heartTaskSpec();
  return checkTaskSpec({
    ...base,
    heldOut: { ...base.heldOut, fraction: 0 },
    model: {
      layers: [
        { kind: 'dense', units: 64, activation: 'relu' },
        { kind: 'dense', units: 32, activation: 'relu' },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    training: { rounds: 20, epochs: 5, batchSize: 4, learningRate: PLAIN_RATE, optimiser: 'sgd', l2: 0 },
    server: { kind: 'fedavg', learningRate: 1 },
    // The clip norm of the update is out of the way: 16 · 64 · 2^20 < 2^31.
    masking: { clipNorm: 64, updateWidth: 32, updateFractionBits: 20, rowCap: 2048, maxCohort: 16 },
    evaluation: { ...base.evaluation, release: 'off' },
    ...overrides,
  });
}

/** The same with the default noise for records. */
export function noisyTask(overrides: Partial<TableTask> = {}): TaskSpec {
  const plain = attackedTask() as TableTask;
  const training = { ...plain.training, learningRate: NOISY_RATE };
  return attackedTask({ training, privacy: DEFAULT_RECORD_PRIVACY, ...overrides });
}

/** What was learnt of all halves. */
export interface Halves {
  readonly trained: readonly Trained[];
  /** of the last models, on the rows that they did not train on */
  readonly accuracy: number;
}

/**
 * Runs a task on random halves of every site's rows, in pairs, so that each row is in every second model.
 * @param random draws DP-SGD's samples and noise
 */
export async function learnHalves(args: {
  spec: TaskSpec;
  sites: readonly EncodedRows[];
  models: number;
  random: RandomBytes;
  progress?: (text: string) => void;
}): Promise<Halves> {
  const { spec, sites, models, random, progress } = args;
  const target = targetOf(spec.data);
  check(target.kind === 'binary' && models % 2 === 0, 'halves come in pairs, of a task that asks yes or no');
  const rows = joinRows(sites);
  const trainer = await createTrainer({ spec, prefer: ['wasm', 'cpu'], randomness: recordRandomness(random) });
  const trained: Trained[] = [];
  let right = 0;
  try {
    for (let model = 0; model < models; model++) {
      const halves = await halvesOf(sites, model);
      const losses: Float64Array[] = [];
      await learnTogether({
        spec,
        sites: halves.map((picked, i) => {
          const site = sites[i] as EncodedRows;
          return { train: selectRows(site, picked), heldOut: selectRows(site, new Uint32Array(0)) };
        }),
        trainer,
        beacon: await seedOf('attack/weights', model),
        plain: true,
        onStep: async (step, { weights, normaliser }) => {
          if (step === 0 || step > spec.training.rounds) return;
          const predicted = await trainer.predict(weights, normalise(rows.features, normaliser), rows.rows);
          losses.push(rowLosses(target, predicted, rows.labels));
        },
      });
      const member = membersOf(sites, halves);
      trained.push({ member, losses });
      right += accuracyOfOthers(member, losses.at(-1) as Float64Array);
      progress?.(`model ${model + 1} of ${models}`);
    }
  } finally {
    trainer.dispose();
  }
  return { trained, accuracy: right / models };
}

/** Of each site the rows that train: a random half, or in every second model what the one before left out. */
async function halvesOf(sites: readonly EncodedRows[], model: number): Promise<readonly Uint32Array[]> {
  const random = new SeededRandom(await seedOf('attack/halves', model >> 1));
  return sites.map(({ rows }) => {
    const order = random.permutation(rows);
    const half = rows >> 1;
    return (model % 2 === 0 ? order.subarray(0, half) : order.subarray(half)).slice().sort();
  });
}

/** 1 for each row of all sites, one after the other, that trained. */
function membersOf(sites: readonly EncodedRows[], halves: readonly Uint32Array[]): Uint8Array {
  const member = new Uint8Array(sites.reduce((sum, { rows }) => sum + rows, 0));
  let from = 0;
  for (const [i, { rows }] of sites.entries()) {
    for (const row of halves[i] as Uint32Array) member[from + row] = 1;
    from += rows;
  }
  return member;
}

/** Share of rows outside the training that are on the right side of one half. */
function accuracyOfOthers(member: Uint8Array, losses: Float64Array): number {
  const others = losses.filter((_, row) => member[row] === 0);
  return others.filter((loss) => loss < Math.LN2).length / others.length;
}

export async function figures({ full, progress }: SectionContext): Promise<Figure[]> {
  const models = full ? MODELS.full : MODELS.quick;
  const spec = attackedTask();
  const sites: EncodedRows[] = [];
  for (const { file } of HEART_SITES)
    sites.push((await readDataset(fileURLToPath(new URL(file, HEART_FOLDER)), spec)).train);
  const attack = async (task: TaskSpec, name: string) => {
    const halves = await learnHalves({
      spec: task,
      sites,
      models,
      random: secureRandom,
      progress: (text) => progress(`${name}: ${text}`),
    });
    const aucs = attackAucs(halves.trained);
    const each = ATTACKS.map((kind) => `${kind} ${aucs[kind].toFixed(3)}`).join(', ');
    return {
      best: Math.max(...Object.values(aucs)),
      note: `best of ${ATTACKS.length} attacks (${each}), each the mean over ${models} targets on halves of ${joinRows(sites).rows} rows; accuracy on other rows ${halves.accuracy.toFixed(3)}`,
    };
  };
  const plain = await attack(spec, 'without noise');
  const noisy = await attack(noisyTask(), 'default noise');
  return [
    figure({
      id: 'privacy.attackAuc',
      value: noisy.best,
      unit: 'AUC',
      goal: 0.55,
      better: 'lower',
      note: `${promise(noisyTask())}; ${noisy.note}`,
    }),
    figure({
      id: 'privacy.attackAucPlain',
      value: plain.best,
      unit: 'AUC',
      goal: 0.55,
      better: 'higher',
      note: `the same task without noise, which must leak for the attack to prove anything; ${plain.note}`,
    }),
  ];
}

/** What the noise is and promises, in a line. */
function promise(spec: TaskSpec): string {
  const { noiseMultiplier, samplingRate } = DEFAULT_RECORD_PRIVACY;
  const cost = taskPrivacy(spec, 1);
  check(cost.kind === 'epsilon', 'a task with noise for records has an epsilon');
  return `default noise for records (z ${noiseMultiplier}, q ${samplingRate}): epsilon ${cost.epsilon.toFixed(1)} at delta ${cost.delta} for the whole task`;
}
