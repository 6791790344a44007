/** What is sent and folded of a model with frozen and private layers; numbers worked by hand. */
import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../dataset/heart.ts';
import { type Checkpoint, initialServerState, readCheckpoint, writeCheckpoint } from '../model/checkpoint.ts';
import { initialWeights } from '../model/initialise.ts';
import { readSafetensors } from '../model/safetensors.ts';
import { describeStart, readStart, writeStart } from '../model/start.ts';
import type { ModelSpec } from '../protocol/model-spec.ts';
import { type TableTask } from '../protocol/task-spec.ts';
import { fold } from './fold.ts';
import { roundLayout, statisticsParts, trainingParts } from './layouts.ts';

const heart = heartTaskSpec();
const head = { kind: 'dense', units: 1, activation: 'sigmoid' } as const;
const layers: ModelSpec['layers'] = [{ kind: 'dense', units: 4, activation: 'tanh' }, head];
/** One feature: weights are kernel (4) and bias (4), then kernel (4) and bias (1). */
const task = (model: ModelSpec, more: Partial<TableTask> = {}): TableTask =>
  heartTaskSpec({
    data: {
      ...heart.data,
      columns: [
        { kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 },
        { kind: 'number', name: 'b', description: '', position: 1, minimum: 0, maximum: 1 },
      ],
    },
    model,
    server: { kind: 'fedavg', learningRate: 1 },
    masking: { clipNorm: 4, updateWidth: 32, updateFractionBits: 24, rowCap: 4, maxCohort: 8 },
    evaluation: { bins: 2, release: 'off' },
    training: { ...heart.training, rounds: 2 },
    ...more,
  });
const normaliser = { mean: Float64Array.of(0, 0), scale: Float64Array.of(1, 1), rows: 4, positives: 2 };
const model = (spec: TableTask, weights: Float32Array): Checkpoint => ({
  weights,
  normaliser,
  server: initialServerState(spec),
});
const numbers = (length: number) => Float32Array.from({ length }, (_, i) => i + 1);
const beacon = new Uint8Array(32).fill(5);

describe('a task with a personal head', () => {
  // 2 x 4 and 4 shared, 4 and 1 private
  const spec = task({ layers, private: [1] });
  const base = model(spec, numbers(17));

  it('sends and folds the shared layers alone', async () => {
    expect(roundLayout(spec, 1).map(({ length }) => length)).toEqual([1, 12]);
    const delta = new Float32Array(12).fill(0.5);
    const { parts } = trainingParts({ spec, delta, rows: 4, evaluation: new Float64Array(0) });
    expect(parts[1]).toEqual(new Float64Array(12).fill(0.5));
    expect(() =>
      trainingParts({ spec, delta: new Float32Array(17), rows: 4, evaluation: new Float64Array(0) }),
    ).toThrow('expected an update of 12 weights');
    const sums = [Float64Array.of(2), new Float64Array(12).fill(1)];
    const { checkpoint } = await fold({ spec, step: 1, base, sums, beacon, members: 2 });
    expect(checkpoint.weights).toEqual(numbers(17).map((value, i) => (i < 12 ? value + 0.5 : value)));
    expect(base.weights).toEqual(numbers(17));
  });

  it('keeps moments and control variates of the shared layers, and says in its file what is no result', async () => {
    const adam = task(
      { layers, private: [1] },
      {
        server: { kind: 'fedadam', learningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001 },
        training: { ...heart.training, rounds: 2, algorithm: { kind: 'scaffold', sites: 2 } },
      },
    );
    const begun = model(adam, numbers(17));
    expect([begun.server.firstMoment.length, begun.server.secondMoment.length, begun.server.control?.length]).toEqual([
      12, 12, 12,
    ]);
    const sums = [Float64Array.of(2), new Float64Array(12).fill(1), new Float64Array(12)];
    const { checkpoint } = await fold({ spec: adam, step: 1, base: begun, sums, beacon, members: 2 });
    const bytes = await writeCheckpoint(adam, checkpoint);
    expect(await readCheckpoint(adam, bytes)).toEqual(checkpoint);
    expect(readSafetensors(bytes).metadata['private']).toContain('layers.1: the values that every site begins with');
  });

  it('has noise for the shared layers alone', () => {
    const privacy = { kind: 'user', noiseMultiplier: 1, delta: 1e-5, honest: 2 } as const;
    const noisy = task(
      { layers, private: [1] },
      { privacy, masking: { clipNorm: 1, updateWidth: 20, updateFractionBits: 6, rowCap: 4, maxCohort: 8 } },
    );
    expect(roundLayout(noisy, 1)[1]).toMatchObject({ purpose: 'update', length: 12 });
  });
});

describe('a task with an adapter', () => {
  const adapter = { kind: 'lora', rank: 1, alpha: 2, head: 'trained' } as const;
  const bare: TableTask = { ...task({ layers }), model: { layers, adapter } };

  it('must have weights to begin with: those that it adapts', () => {
    expect(() => task({ layers, adapter })).toThrow('an adapter needs a model to adapt');
  });

  it('begins with the given weights, and never changes those that it adapts', async () => {
    // kernel 2 x 4, bias 4; A 2, B 4; head 4 and 1: in the file are all but A and B
    const file = writeStart(bare, numbers(23));
    const spec = task({ layers, adapter, start: await describeStart(bare, file) });
    const start = await readStart(spec, spec.model.start as NonNullable<ModelSpec['start']>, file);
    const rows = { features: Float32Array.of(0, 1, 1, 0), labels: Uint8Array.of(0, 1), rows: 2, width: 2 };
    const sums = await statisticsParts(spec, rows);
    const first = { spec, step: 0, base: undefined, sums, beacon, members: 2 };
    const { checkpoint } = await fold({ ...first, start });
    expect(checkpoint.weights.slice(0, 12)).toEqual(numbers(12));
    expect(checkpoint.weights.slice(12, 14)).toEqual((await initialWeights(spec, beacon, start)).slice(12, 14));
    expect(checkpoint.weights.slice(14)).toEqual(Float32Array.of(0, 0, 0, 0, 19, 20, 21, 22, 23));
    await expect(fold(first)).rejects.toThrow('this task begins with weights from a file');
    await expect(fold({ ...first, spec: bare, start })).rejects.toThrow('this task begins with random weights');

    expect(roundLayout(spec, 1)[1]?.length).toBe(2 + 4 + 5);
    const update = [Float64Array.of(2), new Float64Array(11).fill(2)];
    const next = await fold({ spec, step: 1, base: checkpoint, sums: update, beacon, members: 2 });
    expect(next.checkpoint.weights).toEqual(checkpoint.weights.map((weight, i) => (i < 12 ? weight : weight + 1)));
  });
});
