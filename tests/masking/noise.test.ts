/**
 * User-level privacy through real masks: whoever drops out, the unmasked sum of noisy updates is the survivors' sum and noise of the right
 * variance, in a ring of 18 bits. Seeds are fixed, so a failure repeats.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fold } from '../../src/aggregation/fold.ts';
import { type Parts, roundLayout, trainingParts, updateNoise } from '../../src/aggregation/layouts.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { makeCohort, runRound } from '../../src/masking/testing/cohort.ts';
import { initialServerState } from '../../src/model/checkpoint.ts';
import { publicNormaliser } from '../../src/dataset/statistics.ts';
import { seededBytes } from '../../src/privacy/testing/seeded.ts';
import { checkTaskSpec, weightCount } from '../../src/protocol/task-spec.ts';

const heart = heartTaskSpec();
const spec = checkTaskSpec({
  ...heart,
  masking: { ...heart.masking, clipNorm: 1, updateWidth: 18, updateFractionBits: 9, maxCohort: 8 },
  evaluation: { ...heart.evaluation, release: 'off' },
  server: { kind: 'fedavg', learningRate: 1 },
  privacy: { kind: 'user', noiseMultiplier: 1, delta: 1e-5, honest: 3 },
});
const weights = weightCount(spec);
const layout = roundLayout(spec, 1);

it('unmasks to the sum of the survivors and the noise of all of them (property)', async () => {
  const n = 6;
  const cohort = await makeCohort('noise', n, layout);
  const variance = updateNoise(spec)?.variance as number;
  let squares = 0;
  let expected = 0;
  let coordinates = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 4 }),
      fc.nat(1000),
      async (shuffled, seed) => {
        const survivors = shuffled.toSorted((a, b) => a - b);
        const random = new SeededRandom(Uint8Array.from({ length: 12 }, (_, i) => seed + i));
        const truth = new Float64Array(weights);
        const packed = new Map<number, Uint8Array<ArrayBuffer>>();
        for (let u = 0; u < n; u++) {
          const delta = Float32Array.from({ length: weights }, () => (random.uniform() - 0.5) / 10);
          const parts: Parts = trainingParts({
            spec,
            delta,
            rows: 10,
            evaluation: new Float64Array(0),
            noise: { step: 1, random: seededBytes(seed + 10 * u) },
          }).parts;
          packed.set(u, packVector(layout, parts));
          const norm = Math.max(1, Math.sqrt(delta.reduce((sum, value) => sum + value * value, 0)));
          if (survivors.includes(u))
            for (const [i, value] of delta.entries()) truth[i] = (truth[i] as number) + value / norm;
        }
        const sums = unpackVector(layout, await runRound(cohort, [0, 1, 2, 3, 4, 5], survivors, survivors, packed));
        const base = {
          weights: new Float32Array(weights),
          normaliser: publicNormaliser(spec),
          server: initialServerState(spec),
        };
        const beacon = new Uint8Array(32);
        const { checkpoint } = await fold({ spec, step: 1, base, sums, beacon, members: survivors.length });
        const unit = 2 ** spec.masking.updateFractionBits;
        for (const [i, value] of checkpoint.weights.entries())
          squares += ((value * survivors.length - (truth[i] as number)) * unit) ** 2;
        // Rounding adds at most a quarter of a squared step each, a sixth on average.
        expected += weights * survivors.length * (variance + 1 / 6);
        coordinates += weights;
      },
    ),
    { numRuns: 12, seed: 4 },
  );
  expect(Math.abs(squares / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / coordinates));
});
