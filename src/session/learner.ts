/**
 * What one site computes from its own rows: its part of each step's sum, its verdict on a candidate, its own metrics. Only
 * {@link Learner.contribution}'s parts ever leave, and only masked.
 */
import { trainingParts, evaluationParts, statisticsParts } from '../aggregation/layouts.ts';
import { type Bytes, uintBytes, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { type EncodedRows, type Dataset } from '../dataset/split.ts';
import { normalise, type Normaliser } from '../dataset/statistics.ts';
import { evaluate, exactMetrics, perRowLogLoss } from '../evaluation/metrics.ts';
import { judge } from '../evaluation/verdict.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { initialWeights } from '../model/initialise.ts';
import { stepKind, Verdict } from '../protocol/phases.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import { featureWidth, type TaskSpec } from '../protocol/task-spec.ts';
import type { ModelMetrics, TrainingProgress } from './status.ts';

/** How a site's "alone" model is trained: to the end, so that together is not flattered (bench accuracy uses the same). */
export const ALONE_TRAINING = { epochs: 160, batchSize: 32, learningRate: 0.05 } as const;

export class Learner {
  readonly #spec: TaskSpec;
  readonly #dataset: Dataset;
  readonly #startTrainer: () => Promise<TrainerPort>;
  #trainer: Promise<TrainerPort> | undefined;

  constructor(
    spec: TaskSpec,
    dataset: Dataset,
    createTrainer: (spec: TaskSpec, inputWidth: number) => Promise<TrainerPort>,
  ) {
    this.#spec = spec;
    this.#dataset = dataset;
    this.#startTrainer = () => createTrainer(spec, featureWidth(spec.data));
  }

  /**
   * This site's part of a step's sum, one array a segment of the step's layout.
   * The seed depends on the model, the step and the site only, so that a retry of a void round trains the same update again.
   */
  async contribution(args: {
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
  }

  /** Better or worse than before on this site's held-out rows; abstains when its 95 % interval holds zero. */
  async verdict(before: Checkpoint, after: Checkpoint): Promise<Verdict> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0) return Verdict.Abstain;
    const losses = await Promise.all(
      [before, after].map(async (model) => perRowLogLoss(await this.#scores(model, heldOut), heldOut.labels)),
    );
    const seed = await sha256(utf8('murmur/bootstrap/1'), utf8(this.#spec.heldOut.seed));
    const opinion = judge({ before: losses[0] as Float64Array, after: losses[1] as Float64Array, seed });
    return { worse: Verdict.Worse, abstain: Verdict.Abstain, better: Verdict.Better }[opinion];
  }

  /** Metrics of a model on this site's own held-out rows; they stay here. */
  async metrics(model: Checkpoint): Promise<ModelMetrics | undefined> {
    const { heldOut } = this.#dataset;
    if (heldOut.rows === 0) return undefined;
    return exactMetrics(await this.#scores(model, heldOut), heldOut.labels);
  }

  /** The same model trained on this site's rows only. */
  async alone(normaliser: Normaliser, site: Bytes, signal?: AbortSignal): Promise<Checkpoint> {
    const spec = this.#spec;
    const seed = await sha256(utf8('murmur/alone/1'), site);
    const start = await initialWeights(spec.model, featureWidth(spec.data), seed);
    const trainer = await this.#started();
    const { weights } = await trainer.train({ ...this.#job(start, normaliser), ...ALONE_TRAINING, seed, signal });
    const server = {
      step: 0,
      firstMoment: new Float64Array(0),
      secondMoment: new Float64Array(0),
      beta1Power: 1,
      beta2Power: 1,
    };
    return { weights, normaliser, server };
  }

  #started(): Promise<TrainerPort> {
    this.#trainer ??= this.#startTrainer();
    return this.#trainer;
  }

  #job(weights: Float32Array, normaliser: Normaliser) {
    const { epochs, batchSize, learningRate, l2 } = this.#spec.training;
    const { features, labels, rows } = this.#dataset.train;
    return { weights, features: normalise(features, normaliser), labels, rows, epochs, batchSize, learningRate, l2 };
  }

  async #scores(model: Checkpoint, rows: EncodedRows): Promise<Float32Array> {
    const trainer = await this.#started();
    return trainer.predict(model.weights, normalise(rows.features, model.normaliser), rows.rows);
  }

  async #evaluation(model: Checkpoint): Promise<Float64Array> {
    const { heldOut } = this.#dataset;
    return evaluate(await this.#scores(model, heldOut), heldOut.labels, this.#spec.evaluation.bins);
  }
}
