/**
 * What one site computes from its own rows: its part of each step's sum, its verdict on a candidate, its own metrics. Only
 * {@link Learner.contribution}'s parts ever leave, and only masked.
 */
import { trainingParts, evaluationParts, statisticsParts } from '../aggregation/layouts.ts';
import { type Bytes, uintBytes, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import type { Dataset } from '../dataset/split.ts';
import { normalise, type Normaliser } from '../dataset/statistics.ts';
import { calibrationBins, rocCurve } from '../evaluation/curves.ts';
import { evaluate, exactMetrics, perRowLogLoss } from '../evaluation/metrics.ts';
import { judge } from '../evaluation/verdict.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { stepKind, Verdict } from '../protocol/phases.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { ALONE_TRAINING } from './alone.ts';
import type { JudgedModel, ModelMetrics, TrainingProgress } from './status.ts';

/** Bins of the reliability diagram. */
const CALIBRATION_BINS = 10;

export class Learner {
  readonly #spec: TaskSpec;
  readonly #dataset: Dataset;
  readonly #startTrainer: () => Promise<TrainerPort>;
  #trainer: Promise<TrainerPort> | undefined;
  /** calls under way that a round waits for */
  #urgent = 0;
  /** who goes on once there are none */
  #patient: (() => void)[] = [];
  #normalised: { readonly normaliser: Normaliser; readonly features: Float32Array } | undefined;

  constructor(spec: TaskSpec, dataset: Dataset, createTrainer: (spec: TaskSpec) => Promise<TrainerPort>) {
    this.#spec = spec;
    this.#dataset = dataset;
    this.#startTrainer = () => createTrainer(spec);
  }

  /**
   * This site's part of a step's sum, one array a segment of the step's layout.
   * The seed depends on the model, the step and the site only, so that a retry of a void round trains the same update again.
   */
  contribution(args: {
    step: number;
    base: Checkpoint | undefined;
    baseModel: Bytes;
    site: Bytes;
    onProgress?: ((progress: TrainingProgress) => void) | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<readonly (Float32Array | Float64Array)[]> {
    const { base, onProgress } = args;
    const spec = this.#spec;
    const kind = stepKind(args.step, spec.training.rounds);
    return this.#first(async () => {
      if (kind === 'statistics' || base === undefined) return statisticsParts(spec, this.#dataset.train);
      const evaluation = await this.#evaluation(base);
      if (kind === 'evaluation') return evaluationParts(spec, evaluation);

      const trainer = await this.#started();
      const { weights } = await trainer.train({
        ...this.#job(base.weights, base.normaliser),
        seed: await sha256(utf8('murmur/local-training/1'), args.baseModel, uintBytes(args.step, 2), args.site),
        signal: args.signal,
        onStep: onProgress && ((progress) => onProgress({ ...progress, backend: trainer.backend })),
      });
      const delta = weights.map((weight, i) => weight - (base.weights[i] as number));
      return trainingParts({ spec, delta, rows: this.#dataset.train.rows, evaluation }).parts;
    });
  }

  /** Better or worse than before on this site's held-out rows; abstains when its 95 % interval holds zero. */
  async verdict(before: Checkpoint, after: Checkpoint): Promise<Verdict> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0) return Verdict.Abstain;
    const losses = await this.#first(() =>
      Promise.all([before, after].map(async (model) => perRowLogLoss(await this.#scores(model), heldOut.labels))),
    );
    const seed = await sha256(utf8('murmur/bootstrap/1'), utf8(this.#spec.heldOut.seed));
    const opinion = judge({ before: losses[0] as Float64Array, after: losses[1] as Float64Array, seed });
    return { worse: Verdict.Worse, abstain: Verdict.Abstain, better: Verdict.Better }[opinion];
  }

  /** Metrics of a model on this site's own held-out rows; they stay here. */
  async metrics(model: Checkpoint): Promise<ModelMetrics | undefined> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0) return undefined;
    return exactMetrics(await this.#scores(model), heldOut.labels);
  }

  /** Metrics and curves of a model on this site's own held-out rows; they stay here. */
  async judged(model: Checkpoint): Promise<JudgedModel | undefined> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0) return undefined;
    const scores = await this.#scores(model);
    const metrics = exactMetrics(scores, heldOut.labels);
    if (metrics === undefined) return undefined;
    return {
      metrics,
      roc: rocCurve(scores, heldOut.labels),
      calibration: calibrationBins(scores, heldOut.labels, CALIBRATION_BINS),
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
    const { epochs, batchSize, learningRate, l2 } = this.#spec.training;
    const { labels, rows } = this.#dataset.train;
    const features = this.#trainingFeatures(normaliser);
    return { weights, features, labels, rows, epochs, batchSize, learningRate, l2 };
  }

  /** The statistics are frozen after the first step, so one normalised copy serves every round. */
  #trainingFeatures(normaliser: Normaliser): Float32Array {
    if (this.#normalised?.normaliser !== normaliser) {
      this.#normalised = { normaliser, features: normalise(this.#dataset.train.features, normaliser) };
    }
    return this.#normalised.features;
  }

  /** On this site's held-out rows. */
  async #scores({ weights, normaliser }: Checkpoint): Promise<Float32Array> {
    const { features, rows } = this.#dataset.heldOut;
    const trainer = await this.#started();
    return trainer.predict(weights, normalise(features, normaliser), rows);
  }

  async #evaluation(model: Checkpoint): Promise<Float64Array> {
    return evaluate(await this.#scores(model), this.#dataset.heldOut.labels, this.#spec.evaluation.bins);
  }
}
