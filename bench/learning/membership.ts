/**
 * Membership inference: from what models say of a row, was the row among those that a model was trained on?
 *
 * - loss threshold: Yeom, Giacomelli, Fredrikson, Jha 2018, "Privacy risk in machine learning": the smaller the loss, the likelier a member;
 * - likelihood ratio (LiRA): Carlini, Chien, Nasr, Song, Terzis, Tramèr 2022, "Membership inference attacks from first principles": how much
 *   likelier the confidence is among shadow models that were trained with the row than among those without. Online variant; deviations are
 *   pooled over all rows, as the paper does where shadows are few.
 *
 * Both see either the last model or those of all rounds, which in a federated task are public; evidence of several models is added up as if
 * they were independent. What is found is a lower bound of what leaks: a better attack may find more.
 */
import { check } from '../../src/core/errors.ts';
import { exactAuc } from '../../src/evaluation/auc.ts';

/** One training on half of the rows, as an attacker sees it. */
export interface Trained {
  /** 1 where the row was trained on */
  readonly member: Uint8Array;
  /** of every round's model, each row's loss in nats */
  readonly losses: readonly Float64Array[];
}

export const ATTACKS = ['loss', 'loss, all rounds', 'ratio', 'ratio, all rounds'] as const;
export type Attack = (typeof ATTACKS)[number];

/** Keeps a confidence of 1 finite: what rowLosses keeps from 0. */
const MARGIN = 2 ** -23;

/**
 * AUC of each attack, averaged over all models: each is attacked once, with those of the other pairs as shadows. Its own counterpart is
 * left out: with it a member would have one shadow fewer with its row than without, which alone tells it from others.
 * @param models at least two pairs, each of a model of some rows and one of all other rows; all of one number of rounds
 */
export function attackAucs(models: readonly Trained[]): Readonly<Record<Attack, number>> {
  const evidence = models.map(({ losses }) => losses.map((each) => each.map(logit)));
  const means = ATTACKS.map((attack) => {
    const aucs = models.map((target, index) => aucOf(target, scores(attack, models, evidence, index)));
    return [attack, aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length] as const;
  });
  return Object.fromEntries(means) as Record<Attack, number>;
}

function aucOf({ member }: Trained, scored: Float64Array): number {
  const auc = exactAuc(Float32Array.from(scored), member);
  check(auc !== undefined, 'a target has members and others');
  return auc;
}

function scores(
  attack: Attack,
  models: readonly Trained[],
  evidence: readonly (readonly Float64Array[])[],
  index: number,
): Float64Array {
  const { losses } = models[index] as Trained;
  const rounds = attack.endsWith('all rounds') ? [...losses.keys()] : [losses.length - 1];
  const scored = rounds.map((round) =>
    attack.startsWith('loss')
      ? (losses[round] as Float64Array).map((loss) => -loss)
      : likelihoodRatios(
          (evidence[index] as readonly Float64Array[])[round] as Float64Array,
          models.flatMap(({ member }, shadow) =>
            shadow >> 1 === index >> 1 ? [] : [{ member, evidence: evidence[shadow]?.[round] as Float64Array }],
          ),
        ),
  );
  return (scored[0] as Float64Array).map((_, row) => scored.reduce((sum, each) => sum + (each[row] as number), 0));
}

interface Shadow {
  readonly member: Uint8Array;
  readonly evidence: Float64Array;
}

/**
 * Logarithm of the likelihood ratio of each row: normal laws around the mean evidence of shadows with and without the row.
 * @param evidence logit of the confidence in the true label, under the model that is attacked
 * @param shadows as many with each row as without it
 */
export function likelihoodRatios(evidence: Float64Array, shadows: readonly Shadow[]): Float64Array {
  const laws = [0, 1].map((kind) => lawOf(evidence.length, shadows, kind));
  const [out, within] = laws as [Law, Law];
  return evidence.map((value, row) => logDensity(value, within, row) - logDensity(value, out, row));
}

interface Law {
  /** of each row */
  readonly means: Float64Array;
  /** of all rows together, around their means */
  readonly variance: number;
}

function lawOf(rows: number, shadows: readonly Shadow[], kind: number): Law {
  const counts = new Uint32Array(rows);
  const means = new Float64Array(rows);
  const each = (use: (row: number, value: number) => void): void => {
    for (const { member, evidence } of shadows)
      for (let row = 0; row < rows; row++) if (member[row] === kind) use(row, evidence[row] as number);
  };
  each((row, value) => {
    counts[row] = (counts[row] as number) + 1;
    means[row] = (means[row] as number) + value;
  });
  for (let row = 0; row < rows; row++) means[row] = (means[row] as number) / (counts[row] as number);
  let [squares, freedom] = [0, 0];
  each((row, value) => (squares += (value - (means[row] as number)) ** 2));
  for (const count of counts) freedom += Math.max(0, count - 1);
  return { means, variance: Math.max(squares / Math.max(1, freedom), MARGIN) };
}

function logDensity(value: number, { means, variance }: Law, row: number): number {
  return -((value - (means[row] as number)) ** 2) / (2 * variance) - Math.log(variance) / 2;
}

/** ln(p / (1 − p)) of the confidence p = e^−loss in the true label. */
function logit(loss: number): number {
  return -loss - Math.log(Math.max(-Math.expm1(-loss), MARGIN));
}
