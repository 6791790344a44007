/** Two steps of each server optimiser, worked by hand from its paper's equations, and what all of them must hold to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../../dataset/heart.ts';
import { initialServerState, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import { weightLayout } from '../../model/spec.ts';
import type { ServerKind, ServerSpec } from '../../protocol/server-spec.ts';
import { featureWidth } from '../../protocol/target.ts';
import { serverStep } from './registry.ts';
import type { Learned } from './step.ts';

/** Every number below is exact in binary, but for the last division of some. */
const RULES: { readonly [Kind in ServerKind]: Extract<ServerSpec, { kind: Kind }> } = {
  fedavg: { kind: 'fedavg', learningRate: 0.5 },
  fedavgm: { kind: 'fedavgm', learningRate: 0.5, momentum: 0.5 },
  fedadagrad: { kind: 'fedadagrad', learningRate: 0.5, beta1: 0.5, tau: 0.75 },
  fedadam: { kind: 'fedadam', learningRate: 0.1, beta1: 0.5, beta2: 0.75, tau: 0.25 },
  fedyogi: { kind: 'fedyogi', learningRate: 0.5, beta1: 0.5, beta2: 0.75, tau: 0.5 },
};

/** One weight of 1 before the first step. */
function start(rule: ServerSpec): Learned {
  const { firstMoment, secondMoment, ...rest } = initialServerState(heartTaskSpec({ server: rule }));
  return {
    weights: Float32Array.of(1),
    server: { ...rest, firstMoment: firstMoment.slice(0, 1), secondMoment: secondMoment.slice(0, 1) },
  };
}
const steps = (rule: ServerSpec, ...deltas: number[]): Learned =>
  deltas.reduce((learned, delta) => serverStep(learned, Float64Array.of(delta), rule), start(rule));

describe('two steps by hand', () => {
  it('FedAvg: x + η Δ', () => {
    // 1 + 0.5 · 0.5 = 1.25; 1.25 − 0.5 · 1 = 0.75
    const { weights, server } = steps(RULES.fedavg, 0.5, -1);
    expect(weights[0]).toBe(0.75);
    expect(server).toEqual({ ...start(RULES.fedavg).server, step: 2 });
  });

  it('FedAvgM: v = β v + Δ, x + η v', () => {
    // v 0.5, x 1.25; v 0.25 − 1 = −0.75, x 1.25 − 0.375 = 0.875
    const { weights, server } = steps(RULES.fedavgm, 0.5, -1);
    expect(weights[0]).toBe(0.875);
    expect(server).toMatchObject({ step: 2, firstMoment: Float64Array.of(-0.75), beta1Power: 1 });
    expect(server.secondMoment.length).toBe(0);
  });

  it('FedAdagrad: v grows by Δ² from τ²', () => {
    // m 0.5, v 0.5625 + 1 = 1.5625, √v 1.25, x 1 + 0.25 / 2 = 1.125
    const first = steps(RULES.fedadagrad, 1);
    expect(first.weights[0]).toBe(1.125);
    expect(first.server.secondMoment).toEqual(Float64Array.of(1.5625));
    // m 0.25 − 1.5 = −1.25, v 1.5625 + 9 = 10.5625, √v 3.25, x 1.125 − 0.625 / 4 = 0.96875
    const second = steps(RULES.fedadagrad, 1, -3);
    expect(second.weights[0]).toBe(0.96875);
    expect(second.server).toMatchObject({
      step: 2,
      firstMoment: Float64Array.of(-1.25),
      secondMoment: Float64Array.of(10.5625),
    });
  });

  it('FedAdam: both moments corrected', () => {
    // m 0.25, v 0.0625; corrected 0.5 and 0.25; step 0.1 · 0.5 / (0.5 + 0.25) = 1/15
    const first = steps(RULES.fedadam, 0.5);
    expect(first.server).toEqual({
      step: 1,
      firstMoment: Float64Array.of(0.25),
      secondMoment: Float64Array.of(0.0625),
      beta1Power: 0.5,
      beta2Power: 0.75,
    });
    expect(first.weights[0]).toBeCloseTo(1 + 1 / 15, 6);
    // m −0.125, v 0.109375; corrected −1/6 and 0.25; step −0.1 / 6 / 0.75 = −1/45
    const second = steps(RULES.fedadam, 0.5, -0.5);
    expect(second.server).toEqual({
      step: 2,
      firstMoment: Float64Array.of(-0.125),
      secondMoment: Float64Array.of(0.109375),
      beta1Power: 0.25,
      beta2Power: 0.5625,
    });
    expect(second.weights[0]).toBeCloseTo(1 + 1 / 15 - 1 / 45, 6);
  });

  it('FedYogi: v moves towards Δ² by a share of Δ²', () => {
    // v 0.25 < Δ² 9: v 0.25 + 0.25 · 9 = 2.5; m 1.5; step 0.75 / (√2.5 + 0.5)
    const first = steps(RULES.fedyogi, 3);
    expect(first.server).toMatchObject({ firstMoment: Float64Array.of(1.5), secondMoment: Float64Array.of(2.5) });
    expect(first.weights[0]).toBeCloseTo(1 + 0.75 / (Math.sqrt(2.5) + 0.5), 6);
    // v 2.5 > Δ² 1: v 2.5 − 0.25 = 2.25, √v 1.5; m 0.75 − 0.5 = 0.25; step 0.125 / 2 = 0.0625
    const second = steps(RULES.fedyogi, 3, -1);
    expect(second.server).toMatchObject({ firstMoment: Float64Array.of(0.25), secondMoment: Float64Array.of(2.25) });
    expect(second.weights[0]).toBeCloseTo((first.weights[0] as number) + 0.0625, 6);
    // v = Δ²: nothing to do
    expect(steps(RULES.fedyogi, 3, -1, 1.5).server.secondMoment).toEqual(Float64Array.of(2.25));
  });
});

const delta = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

describe.each(Object.values(RULES))('$kind', (rule) => {
  it('gives a checkpoint for any updates, and the same one again', async () => {
    const spec = heartTaskSpec({ server: rule });
    const width = featureWidth(spec.data);
    const { length } = weightLayout(spec);
    const normaliser = {
      mean: new Float64Array(width),
      scale: new Float64Array(width).fill(1),
      rows: 2,
      positives: 1,
    };
    const first: Learned = { weights: new Float32Array(length), server: initialServerState(spec) };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(delta, { minLength: 3, maxLength: 3 }), { maxLength: 4 }), async (rounds) => {
        let learned = first;
        for (const round of rounds) {
          // −0 and 0 among them
          const values = Float64Array.from({ length }, (_, i) => round[i % 3] as number).fill(-0, 0, 1);
          const next = serverStep(learned, values, rule);
          expect(serverStep(learned, values, rule)).toEqual(next);
          learned = next;
        }
        const bytes = await writeCheckpoint(spec, { ...learned, normaliser });
        expect(await readCheckpoint(spec, bytes)).toEqual({ ...learned, normaliser });
      }),
      { numRuns: 25 },
    );
  });

  it('goes along the first update', () => {
    expect(Math.sign((steps(rule, 0.5).weights[0] as number) - 1)).toBe(1);
    expect(Math.sign((steps(rule, -0.5).weights[0] as number) - 1)).toBe(-1);
  });
});
