/**
 * What one site computes from its own rows: its part of each step's sum, its verdict on a candidate, its own metrics. Only
 * {@link Learner.contribution}'s parts ever leave, and only masked.
 */
import { hasStopped } from '../aggregation/early-stop.ts';
import { evaluationParts, idleParts, statisticsParts, trainingParts } from '../aggregation/layouts.ts';
import { plannedSteps } from '../aggregation/local/fednova.ts';
import { fedProxJob } from '../aggregation/local/fedprox.ts';
import { controlCorrection } from '../aggregation/local/scaffold.ts';
import { type Bytes, uintBytes, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import type { RandomBytes } from '../core/random.ts';
import type { Dataset } from '../dataset/split.ts';
import { normalise, type Normaliser, predictionsFrom, standardiseLabels } from '../dataset/statistics.ts';
import { Examination } from '../evaluation/examination.ts';
import { exampleOf } from '../evaluation/examples.ts';
import { type Labels, predictionWidth } from '../evaluation/losses.ts';
import { createTally } from '../evaluation/tally.ts';
import { judge } from '../evaluation/verdict.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { featureWidth, labelWidth, type Target, targetOf } from '../protocol/target.ts';
import { learningRateAt } from '../protocol/learning-rate.ts';
import { stepKind, Verdict } from '../protocol/phases.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { roundSteps } from '../protocol/training-spec.ts';
import { ALONE_TRAINING } from './alone.ts';
import type { Recalled, Remembered } from './site-memory.ts';
import type { JudgedModel, ModelMetrics, TrainingProgress } from './status.ts';

/** Features and predictions that are there at one time, in numbers: 16 MiB. */
const BLOCK_NUMBERS = 2 ** 22;
/** Rows that the error browser shows, of each class at least some. */
const WORST_ROWS = 60;
const WORST_OF_EACH = 4;
/** Numbers of their examples: 4 MiB cross to the page. */
const WORST_NUMBERS = 2 ** 20;

/** What a site sends in one step, before masking, and what it must remember of it where the task's algorithm needs that. */
export interface Contribution {
  /** one array a segment of the step's layout */
  readonly parts: readonly (Float32Array | Float64Array)[];
  /** absent where nothing was trained */
  readonly remembered?: Remembered;
}

export class Learner {
  readonly #spec: TaskSpec;
  readonly #target: Target;
  readonly #dataset: Dataset;
  readonly #startTrainer: () => Promise<TrainerPort>;
  #trainer: Promise<TrainerPort> | undefined;
  /** calls under way that a round waits for */
  #urgent = 0;
  /** who goes on once there are none */
  #patient: (() => void)[] = [];
  #normalised:
    { readonly normaliser: Normaliser; readonly features: Float32Array; readonly labels: Labels } | undefined;

  constructor(spec: TaskSpec, dataset: Dataset, createTrainer: (spec: TaskSpec) => Promise<TrainerPort>) {
    this.#spec = spec;
    this.#target = targetOf(spec.data);
    this.#dataset = dataset;
    this.#startTrainer = () => createTrainer(spec);
  }

  /**
   * This site's part of a step's sum.
   * The seed depends on the model, the step and the site only, so that a retry of a void round trains the same update again.
   * @param recalled what the site remembers of earlier rounds (site-memory.ts)
   */
  contribution(args: {
    step: number;
    base: Checkpoint | undefined;
    baseModel: Bytes;
    site: Bytes;
    /** secure bytes for the noise of a task with privacy */
    random?: RandomBytes | undefined;
    recalled?: Recalled | undefined;
    onProgress?: ((progress: TrainingProgress) => void) | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<Contribution> {
    const { base, step } = args;
    const spec = this.#spec;
    const kind = stepKind(step, spec.training.rounds);
    return this.#first(async () => {
      if (kind === 'statistics' || base === undefined) return { parts: statisticsParts(spec, this.#dataset.train) };
      const evaluation = await this.#evaluation(base);
      if (kind === 'evaluation') return { parts: evaluationParts(spec, evaluation) };
      const { rows } = this.#dataset.train;
      if (hasStopped(spec.training, base.server)) return { parts: idleParts(spec, step, rows, evaluation) };
      return this.#trained({ ...args, base, evaluation });
    });
  }

  async #trained(args: {
    step: number;
    base: Checkpoint;
    baseModel: Bytes;
    site: Bytes;
    evaluation: Float64Array;
    random?: RandomBytes | undefined;
    recalled?: Recalled | undefined;
    onProgress?: ((progress: TrainingProgress) => void) | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<Contribution> {
    const { base, step, random, recalled = {}, onProgress, signal, evaluation } = args;
    const spec = this.#spec;
    const { algorithm } = spec.training;
    const { rows } = this.#dataset.train;
    const learningRate = learningRateAt(spec.training, step);
    const server = algorithm?.kind === 'scaffold' ? base.server.control : undefined;
    const trainer = await this.#started();
    const { weights, steps } = await trainer.train({
      ...this.#job(base.weights, base.normaliser),
      ...this.#work(recalled.steps),
      ...fedProxJob(algorithm),
      ...recordsJob(spec, rows),
      ...(server && { correction: controlCorrection(server, recalled.control) }),
      learningRate,
      seed: await sha256(utf8('murmur/local-training/1'), args.baseModel, uintBytes(step, 2), args.site),
      signal,
      onStep: onProgress && ((progress) => onProgress({ ...progress, backend: trainer.backend })),
    });
    const delta = weights.map((weight, i) => weight - (base.weights[i] as number));
    const control = server && { delta, steps, learningRate, own: recalled.control, server };
    const sent = trainingParts({ spec, delta, rows, evaluation, noise: random && { step, random }, steps, control });
    return { parts: sent.parts, remembered: { steps, control: sent.control } };
  }

  /** How much the site trains in one round. An earlier try of the same step fixes its steps, whatever the clock says now. */
  #work(earlierSteps: number | undefined): { epochs: number; steps?: number; budgetMs?: number } {
    const { algorithm, epochs = 1, steps } = this.#spec.training;
    if (algorithm?.kind !== 'fednova') return { epochs, ...(steps !== undefined && { steps }) };
    const budgetMs = algorithm.budgetSeconds && algorithm.budgetSeconds * 1000;
    if (budgetMs !== undefined && earlierSteps !== undefined) return { epochs, steps: earlierSteps };
    const planned = plannedSteps(this.#spec, this.#dataset.train.rows);
    return { epochs, steps: planned, ...(budgetMs !== undefined && { budgetMs }) };
  }

  /**
   * Better or worse than before on this site's held-out rows; abstains when its 95 % interval holds zero. Verdicts are public, so in a
   * task with privacy a site always abstains.
   */
  async verdict(before: Checkpoint, after: Checkpoint): Promise<Verdict> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0 || this.#spec.privacy !== undefined) return Verdict.Abstain;
    const losses = await this.#first(() =>
      Promise.all([before, after].map(async (model) => (await this.#examine(model)).losses())),
    );
    const seed = await sha256(utf8('murmur/bootstrap/1'), utf8(this.#spec.heldOut.seed));
    const opinion = judge({ before: losses[0] as Float64Array, after: losses[1] as Float64Array, seed });
    return { worse: Verdict.Worse, abstain: Verdict.Abstain, better: Verdict.Better }[opinion];
  }

  /** Metrics of a model on this site's own held-out rows; they stay here. */
  async metrics(model: Checkpoint): Promise<ModelMetrics | undefined> {
    return (await this.#examine(model)).metrics();
  }

  /** Metrics, curves and worst mistakes of a model on this site's own held-out rows; they stay here. */
  async judged(model: Checkpoint): Promise<JudgedModel | undefined> {
    const examination = await this.#examine(model);
    const metrics = examination.metrics();
    if (metrics === undefined) return undefined;
    const { data } = this.#spec;
    const { features } = this.#dataset.heldOut;
    const most = Math.min(WORST_ROWS, Math.max(1, Math.floor(WORST_NUMBERS / featureWidth(data))));
    return {
      metrics,
      curves: examination.curves(),
      calibration: examination.calibration(),
      worst: examination
        .worst(most, WORST_OF_EACH)
        .map((judged) => ({ ...judged, example: exampleOf(data, features, judged.row) })),
    };
  }

  /**
   * One pass over this site's rows for the model that it has alone. Begins only while no round waits for this machine, so that
   * at most one pass is ever in a round's way.
   */
  async aloneEpoch(
    weights: Float32Array,
    normaliser: Normaliser,
    seed: Bytes,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const trainer = await this.#started();
    while (this.#urgent > 0) await new Promise<void>((resolve) => this.#patient.push(resolve));
    const { batchSize, learningRate } = ALONE_TRAINING;
    const job = { ...this.#job(weights, normaliser), batchSize, learningRate, epochs: 1 };
    return (await trainer.train({ ...job, seed, signal })).weights;
  }

  async #first<T>(work: () => Promise<T>): Promise<T> {
    this.#urgent += 1;
    try {
      return await work();
    } finally {
      this.#urgent -= 1;
      if (this.#urgent === 0) for (const goOn of this.#patient.splice(0)) goOn();
    }
  }

  #started(): Promise<TrainerPort> {
    this.#trainer ??= this.#startTrainer();
    return this.#trainer;
  }

  #job(weights: Float32Array, normaliser: Normaliser) {
    const { batchSize, l2 } = this.#spec.training;
    const { rows } = this.#dataset.train;
    return { weights, ...this.#trainingRows(normaliser), rows, batchSize, l2 };
  }

  /** The statistics are frozen after the first step, so one normalised copy serves every round. */
  #trainingRows(normaliser: Normaliser): { readonly features: Float32Array; readonly labels: Labels } {
    if (this.#normalised?.normaliser !== normaliser) {
      const { features, labels } = this.#dataset.train;
      this.#normalised = {
        normaliser,
        features: normalise(features, normaliser),
        labels: standardiseLabels(labels, this.#target, normaliser),
      };
    }
    return this.#normalised;
  }

  async #examine(model: Checkpoint): Promise<Examination> {
    const examination = new Examination(this.#target);
    await this.#eachBlock(model, (predictions, labels) => examination.accumulate(predictions, labels));
    return examination;
  }

  /** Counts for the sum; nothing is worked out where the task releases none. */
  async #evaluation(model: Checkpoint): Promise<Float64Array> {
    if (this.#spec.evaluation.release === 'off') return new Float64Array(0);
    const tally = createTally(this.#target, this.#spec.evaluation.bins);
    await this.#eachBlock(model, (predictions, labels) => tally.accumulate(predictions, labels));
    return tally.counts();
  }

  /** Predicts this site's held-out rows, in order, as many at a time as fit {@link BLOCK_NUMBERS}; never none. */
  async #eachBlock(
    { weights, normaliser }: Checkpoint,
    use: (predictions: Float32Array, labels: Labels) => void,
  ): Promise<void> {
    const { features, labels, rows, width } = this.#dataset.heldOut;
    if (rows === 0) return;
    const trainer = await this.#started();
    const most = Math.max(1, Math.floor(BLOCK_NUMBERS / Math.max(width, predictionWidth(this.#target))));
    for (let from = 0; from < rows; from += most) {
      const to = Math.min(rows, from + most);
      const rowsHere = features.subarray(from * width, to * width);
      // Codes of characters are not standardised; a copy, because what goes to another thread takes its whole buffer along.
      const block = this.#spec.data.kind === 'texts' ? rowsHere.slice() : normalise(rowsHere, normaliser);
      const outputs = await trainer.predict(weights, block, to - from);
      const labelsEach = labelWidth(this.#target);
      use(predictionsFrom(this.#target, normaliser, outputs), labels.subarray(from * labelsEach, to * labelsEach));
    }
  }
}

/**
 * DP-SGD in a task that protects single records. The steps are given, because those are what the task's epsilon counts; an epoch of the
 * trainer's own may round to one more.
 */
function recordsJob(spec: TaskSpec, rows: number): Pick<TrainerJob, 'records' | 'steps'> {
  const { privacy } = spec;
  if (privacy?.kind !== 'records') return {};
  const { clipNorm, noiseMultiplier, samplingRate } = privacy;
  return {
    records: { clip: clipNorm, noise: noiseMultiplier, rate: samplingRate },
    steps: roundSteps(spec, rows),
  };
}
