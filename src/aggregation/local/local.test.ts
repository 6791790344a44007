/**
 * FedSGD, FedProx, SCAFFOLD and FedNova on sites with quadratic losses, through the parts that are sent and the fold, worked by hand; and
 * that all of them are FedAvg where the sites are alike.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../../dataset/heart.ts';
import { type Checkpoint, initialServerState, readCheckpoint, writeCheckpoint } from '../../model/checkpoint.ts';
import type { TableTask } from '../../protocol/task-spec.ts';
import type { AlgorithmSpec, TrainingSpec } from '../../protocol/training-spec.ts';
import { fold } from '../fold.ts';
import { idleParts, roundLayout, trainingParts } from '../layouts.ts';
import { fedProxJob } from './fedprox.ts';
import { MOST_STEP_RATIO, plannedSteps, referenceSteps } from './fednova.ts';
import { controlCorrection } from './scaffold.ts';

const ROW_CAP = 4;

/** A model of two weights: a kernel, which the losses below move, and a bias, which they leave alone. */
function task(training: Partial<TrainingSpec>, overrides: Partial<TableTask> = {}): TableTask {
  const heart = heartTaskSpec();
  const { epochs: _, ...rest } = heart.training;
  return heartTaskSpec({
    data: {
      ...heart.data,
      columns: [{ kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 }],
    },
    model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
    server: { kind: 'fedavg', learningRate: 1 },
    masking: { clipNorm: 64, updateWidth: 48, updateFractionBits: 30, rowCap: ROW_CAP, maxCohort: 16 },
    evaluation: { bins: 2, release: 'off' },
    training: { ...rest, rounds: 1000, steps: 2, batchSize: ROW_CAP, learningRate: 0.5, l2: 0, ...training },
    ...overrides,
  });
}

/** A site whose loss is curvature / 2 · (w − optimum)². */
interface Site {
  readonly curvature: number;
  readonly optimum: number;
  readonly rows?: number;
  /** local steps, when not as the spec says */
  readonly steps?: number;
  control?: Float32Array | undefined;
}

const first = (spec: TableTask): Checkpoint => ({
  weights: new Float32Array(2),
  normaliser: { mean: Float64Array.of(0), scale: Float64Array.of(1), rows: 8, positives: 4 },
  server: initialServerState(spec),
});

/** What a trainer does, by TrainerPort's contract, on these losses. */
function descend(
  { curvature, optimum }: Site,
  start: Float32Array,
  job: { steps: number; learningRate: number; proximal?: number; correction?: Float32Array },
): Float32Array {
  const from = start[0] as number;
  let w = from;
  for (let step = 0; step < job.steps; step++) {
    const gradient = curvature * (w - optimum) + (job.proximal ?? 0) * (w - from) + (job.correction?.[0] ?? 0);
    w -= job.learningRate * gradient;
  }
  return Float32Array.of(w, start[1] as number);
}

/** One round of all sites; each keeps its control variate. */
async function round(spec: TableTask, base: Checkpoint, sites: readonly Site[]): Promise<Checkpoint> {
  const { learningRate, algorithm } = spec.training;
  const server = base.server.control;
  const sums = roundLayout(spec, 1).map(({ length }) => new Float64Array(length));
  for (const site of sites) {
    const { rows = ROW_CAP, control: own } = site;
    const steps = site.steps ?? plannedSteps(spec, rows);
    const weights = descend(site, base.weights, {
      steps,
      learningRate,
      ...fedProxJob(algorithm),
      ...(server && { correction: controlCorrection(server, own) }),
    });
    const { parts, control } = trainingParts({
      spec,
      rows,
      delta: weights.map((weight, i) => weight - (base.weights[i] as number)),
      evaluation: new Float64Array(0),
      steps,
      control: server && {
        delta: weights.map((weight, i) => weight - (base.weights[i] as number)),
        steps,
        learningRate,
        own,
        server,
      },
    });
    site.control = control;
    for (const [s, part] of parts.entries())
      for (const [i, value] of part.entries()) (sums[s] as Float64Array)[i] = (sums[s]?.[i] as number) + value;
  }
  const input = { spec, step: 1, base, sums, beacon: new Uint8Array(32), members: sites.length };
  return (await fold(input)).checkpoint;
}

async function learn(training: Partial<TrainingSpec>, sites: readonly Site[], rounds: number): Promise<number> {
  const spec = task(training);
  let model = first(spec);
  const own = fresh(sites);
  for (let i = 0; i < rounds; i++) model = await round(spec, model, own);
  return model.weights[0] as number;
}

/** The sites before their first round. */
const fresh = (sites: readonly Site[]): Site[] => sites.map((site) => ({ ...site }));

/** Pull apart, the first twice as hard: the mean loss is least where (w − 4) + (w + 4) / 2 = 0, at 4/3. */
const APART: readonly Site[] = [
  { curvature: 1, optimum: 4 },
  { curvature: 0.5, optimum: -4 },
];

describe('FedSGD', () => {
  it('is FedAvg of one epoch and a batch of all rows: x − η Σ (n_k / n) g_k', async () => {
    const spec = task({}, {});
    const { steps: _, ...rest } = spec.training;
    const sgd = task({ ...rest, steps: undefined, epochs: 1 });
    expect(plannedSteps(sgd, 4)).toBe(1);
    const sites: Site[] = [
      { curvature: 1, optimum: 4, rows: 3 },
      { curvature: 0.5, optimum: -4, rows: 1 },
    ];
    // gradients −4 and 2 of 3 and 1 rows: −(0.5) · (0.75 · −4 + 0.25 · 2) = 1.25
    expect((await round(sgd, first(sgd), sites)).weights[0]).toBe(1.25);
  });
});

describe('FedProx', () => {
  it('holds a site near the model received; by hand', () => {
    const { proximal } = fedProxJob({ kind: 'fedprox', mu: 1 });
    const site = { curvature: 1, optimum: 4 };
    const start = Float32Array.of(0, 0);
    // gradient −4, w 2; gradient −2 + 1 · 2 = 0, w 2: the least of (w − 4)² / 2 + w² / 2. Without the term w would be 3.
    expect(descend(site, start, { steps: 2, learningRate: 0.5, proximal: proximal as number })[0]).toBe(2);
    expect(descend(site, start, { steps: 2, learningRate: 0.5 })[0]).toBe(3);
    expect(fedProxJob(undefined)).toEqual({});
    expect(fedProxJob({ kind: 'scaffold', sites: 2 })).toEqual({});
  });

  it('ends nearer to the optimum of the mean loss than FedAvg where sites pull apart', async () => {
    const plain = await learn({ steps: 20 }, APART, 60);
    const held = await learn({ steps: 20, algorithm: { kind: 'fedprox', mu: 1 } }, APART, 60);
    expect(Math.abs(held - 4 / 3)).toBeLessThan(Math.abs(plain - 4 / 3) / 1.5);
  });
});

describe('SCAFFOLD', () => {
  const algorithm: AlgorithmSpec = { kind: 'scaffold', sites: 2 };

  it('gives two rounds worked by hand', async () => {
    const spec = task({ algorithm });
    const sites = fresh(APART);
    // K η = 1. Site 1: 0, 2, 3; Δ 3, c_1 −3. Site 2: 0, −1, −1.75; Δ −1.75, c_2 1.75. Means: x 0.625, c −0.625.
    const one = await round(spec, first(spec), sites);
    expect(one.weights[0]).toBe(0.625);
    expect(sites.map(({ control }) => control?.[0])).toEqual([-3, 1.75]);
    expect(one.server.control).toEqual(Float64Array.of(-0.625, 0));
    // Site 1, c − c_1 = 2.375: gradients −1 and −0.5, Δ 0.75, c_1 −3 + 0.625 − 0.75 = −3.125.
    // Site 2, c − c_2 = −2.375: gradients −0.0625 and −0.046875, Δ 0.0546875, c_2 1.75 + 0.625 − 0.0546875.
    const two = await round(spec, one, sites);
    expect(two.weights[0]).toBe(0.625 + (0.75 + 0.0546875) / 2);
    expect(sites.map(({ control }) => control?.[0])).toEqual([-3.125, 2.3203125]);
    expect(two.server.control?.[0]).toBeCloseTo((-3.125 + 2.3203125) / 2, 12);
    expect(await readCheckpoint(spec, await writeCheckpoint(spec, two))).toEqual(two);
  });

  it('moves c by |S| / N where only some take part', async () => {
    const spec = task({ algorithm: { kind: 'scaffold', sites: 8 } });
    const { server } = await round(spec, first(spec), fresh(APART));
    expect(server.control?.[0]).toBe((-0.625 * 2) / 8);
  });

  it('reaches the optimum of the mean loss, where FedAvg stays off it', async () => {
    // FedAvg rests where 0.75 (4 − w) = 0.4375 (4 + w), at 20/19.
    expect(await learn({}, APART, 200)).toBeCloseTo(20 / 19, 5);
    expect(await learn({ algorithm }, APART, 200)).toBeCloseTo(4 / 3, 5);
  });

  it('reaches the optimum of the weighted loss with weights of 1 and 1/4', async () => {
    // (w − 4) + 0.25 · 0.5 (w + 4) = 0
    const sites = APART.map((site, i) => ({ ...site, rows: i === 0 ? 4 : 1 }));
    expect(await learn({ algorithm }, sites, 300)).toBeCloseTo(3.5 / 1.125, 4);
  });

  it('leaves out of c_i what was clipped off', () => {
    const spec = task({ algorithm }, { masking: { ...task({}).masking, clipNorm: 1 } });
    const { parts, control } = trainingParts({
      spec,
      delta: Float32Array.of(3, 0),
      rows: 4,
      evaluation: new Float64Array(0),
      steps: 2,
      control: {
        delta: Float32Array.of(3, 0),
        steps: 2,
        learningRate: 0.5,
        own: Float32Array.of(0.5, 0),
        server: new Float64Array(2),
      },
    });
    // c_i⁺ − c_i = −3, clipped to −1; K η of the segment is 1
    expect(parts[2]?.[0]).toBeCloseTo(-1, 6);
    expect(control?.[0]).toBeCloseTo(0.5 - 1, 6);
  });

  it('has a segment of its own, as wide as the update', () => {
    const layout = roundLayout(task({ algorithm }), 1);
    expect(layout.map(({ purpose }) => purpose)).toEqual(['weight', 'update', 'control']);
    expect({ ...layout[2], purpose: 'update' }).toEqual(layout[1]);
  });

  it('refuses to train without the server’s control variates, and voids sums that no inputs can give', async () => {
    const spec = task({ algorithm });
    const sent = { spec, delta: new Float32Array(2), rows: 4, evaluation: new Float64Array(0) };
    expect(() => trainingParts(sent)).toThrow('control variates');
    const sums = [Float64Array.of(2), new Float64Array(2), Float64Array.of(129, 0)];
    const input = { spec, step: 1, base: first(spec), sums, beacon: new Uint8Array(32), members: 2 };
    await expect(fold(input)).rejects.toMatchObject({ code: 'void' });
  });
});

describe('FedNova', () => {
  const algorithm: AlgorithmSpec = { kind: 'fednova' };

  it('averages directions by weight and steps by weight; by hand', async () => {
    const spec = task({ algorithm, steps: 4 });
    const sent = { spec, evaluation: new Float64Array(0) };
    // Weights 1 and 1/2, so p = 2/3 and 1/3; τ = 4 and 1, so τ_eff = 3. Σ p Δ / τ = 2/3 · 1 − 1/3 · 1 = 1/3. FedAvg would give 7/3.
    const one = trainingParts({ ...sent, delta: Float32Array.of(4, 0), rows: 4, steps: 4 }).parts;
    const two = trainingParts({ ...sent, delta: Float32Array.of(-1, 0), rows: 2, steps: 1 }).parts;
    expect(one).toEqual([Float64Array.of(1, 1), Float64Array.of(4, 0)]);
    expect(two).toEqual([Float64Array.of(0.5, 0.125), Float64Array.of(-2, 0)]);
    const sums = [Float64Array.of(1.5, 1.125), Float64Array.of(2, 0)];
    const { checkpoint } = await fold({
      spec,
      step: 1,
      base: first(spec),
      sums,
      beacon: new Uint8Array(32),
      members: 2,
    });
    expect(checkpoint.weights[0]).toBeCloseTo(1, 6);
  });

  it('rests at the optimum of the mean loss though one site makes eight times the steps', async () => {
    const sites: Site[] = [
      { curvature: 1, optimum: 4, steps: 8 },
      { curvature: 1, optimum: -4, steps: 1 },
    ];
    expect(await learn({ steps: 8, learningRate: 0.001 }, sites, 4000)).toBeCloseTo(28 / 9, 1);
    expect(Math.abs(await learn({ steps: 8, learningRate: 0.001, algorithm }, sites, 4000))).toBeLessThan(0.02);
  });

  it('counts steps in units of those of a site at the row cap, up to a limit', () => {
    const { steps: _, ...rest } = task({}).training;
    const spec = task({ ...rest, steps: undefined, epochs: 3, batchSize: 2, algorithm });
    expect(referenceSteps(spec)).toBe(6);
    expect(plannedSteps(spec, 5)).toBe(9);
    expect(plannedSteps(spec, 2 ** 20)).toBe(6 * MOST_STEP_RATIO);
    const sent = { spec, delta: new Float32Array(2), rows: 4, evaluation: new Float64Array(0) };
    expect(() => trainingParts({ ...sent, steps: 0 })).toThrow('no step');
    expect(() => trainingParts({ ...sent, steps: 6 * MOST_STEP_RATIO + 1 })).toThrow('more than 128 times');
  });

  it('voids sums of steps that no inputs can give', async () => {
    const spec = task({ algorithm });
    for (const ratios of [0, -1, 257]) {
      const sums = [Float64Array.of(2, ratios), new Float64Array(2)];
      const input = { spec, step: 1, base: first(spec), sums, beacon: new Uint8Array(32), members: 2 };
      await expect(fold(input)).rejects.toMatchObject({ code: 'void' });
    }
  });
});

describe('sites that are alike', () => {
  it('learn as with FedAvg by SCAFFOLD and FedNova, and by FedProx where a round has one step', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          curvature: fc.double({ min: 0.1, max: 1, noNaN: true }),
          optimum: fc.double({ min: -4, max: 4, noNaN: true }),
          rows: fc.integer({ min: 1, max: 6 }),
        }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (site, sites, steps) => {
          const all = Array.from({ length: sites }, () => site);
          const plain = await learn({ steps }, all, 4);
          for (const algorithm of [{ kind: 'scaffold', sites }, { kind: 'fednova' }] as const)
            expect(await learn({ steps, algorithm }, all, 4)).toBeCloseTo(plain, 4);
          const once = await learn({ steps: 1 }, all, 4);
          expect(await learn({ steps: 1, algorithm: { kind: 'fedprox', mu: 1 } }, all, 4)).toBeCloseTo(once, 6);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a task that has stopped early', () => {
  const earlyStop = { patience: 2, least: 0.01 };
  const spec = task({ earlyStop }, { evaluation: { bins: 2, release: 'exact' } });
  /** Six rows of that mean loss in nats. */
  const counts = (loss: number) => Float64Array.of(2, 1, 3, 0, 6, 4, 2, Math.round(6 * loss * 65_536), 3, 1, 0, 2);
  const after = async (base: Checkpoint, loss: number): Promise<Checkpoint> => {
    const sums = [Float64Array.of(1), Float64Array.of(0.5, 0), counts(loss)];
    return (await fold({ spec, step: 1, base, sums, beacon: new Uint8Array(32), members: 2 })).checkpoint;
  };

  it('counts rounds whose loss did not fall by enough, then keeps the model for good', async () => {
    let model = first(spec);
    const waited: (number | undefined)[] = [];
    for (const loss of [0.5, 0.4, 0.395, 0.5, 0.1, 0.05]) {
      const before = model;
      model = await after(model, loss);
      waited.push(model.server.progress?.waited);
      // The fourth round still learns; it is the one that says enough.
      expect(model === before).toBe(waited.length > 4);
      expect(await readCheckpoint(spec, await writeCheckpoint(spec, model))).toEqual(model);
    }
    expect(waited).toEqual([0, 0, 1, 2, 2, 2]);
    expect(model.server.progress?.best).toBeCloseTo(0.4, 4);
    expect(model.weights[0]).toBe(2);
  });

  it('is sent no update', () => {
    expect(idleParts(spec, 1, 2, counts(0.5))).toEqual([Float64Array.of(0.5), new Float64Array(2), counts(0.5)]);
  });
});
