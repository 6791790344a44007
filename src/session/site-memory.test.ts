/** What a site remembers across rounds that settle, are void or are slept through, and across reloads. */
import { describe, expect, it } from 'vitest';
import { MemoryJournal, SPEC } from '../../tests/simulation/site-parts.ts';
import type { Bytes } from '../core/bytes.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import { type Checkpoint, initialServerState, writeCheckpoint } from '../model/checkpoint.ts';
import { readSafetensors } from '../model/safetensors.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { AlgorithmSpec } from '../protocol/training-spec.ts';
import { modelKey } from './journal.ts';
import { readOwnModel } from './own-model.ts';
import { remembers, type Sent, SiteMemory } from './site-memory.ts';

const { signal } = new AbortController();
const model = (of: number) => new Uint8Array(32).fill(of);
const sent = (round: number, step: number, base: number): Sent => ({
  round,
  step,
  registrationId: 3,
  baseModel: model(base),
});
const yes = async () => true;
const no = async () => false;
const never = async (): Promise<boolean> => {
  throw new Error('this was not to be asked');
};

describe('SiteMemory', () => {
  it('begins with nothing', async () => {
    const memory = new SiteMemory(new MemoryJournal().open(signal), 1n);
    expect(await memory.recall(sent(1, 1, 1), never)).toEqual({});
  });

  it('takes a control variate over once its round counted it, by any later tab', async () => {
    const journal = new MemoryJournal();
    const memory = () => new SiteMemory(journal.open(signal), 1n);
    await memory().remember(sent(2, 1, 1), { steps: 7, control: Float32Array.of(1, -2) });
    // A reload within the round: nothing is settled, and the same steps are made again.
    expect(await memory().recall(sent(2, 1, 1), never)).toEqual({ steps: 7 });
    const asked: Sent[] = [];
    const counted = async (what: Sent) => asked.push(what) > 0;
    const later = { control: Float32Array.of(1, -2) };
    expect(await memory().recall(sent(5, 2, 2), counted)).toEqual(later);
    expect(asked).toEqual([expect.objectContaining(sent(2, 1, 1))]);
    expect(await memory().recall(sent(5, 2, 2), never)).toEqual(later);
    await memory().remember(sent(5, 2, 2), { steps: 4, control: Float32Array.of(3, 4) });
    expect(await memory().recall(sent(6, 3, 3), yes)).toEqual({ control: Float32Array.of(3, 4) });
  });

  it('keeps the one before when the round was void, rejected or did without the site, and then sends the same again', async () => {
    const memory = new SiteMemory(new MemoryJournal().open(signal), 1n);
    await memory.remember(sent(1, 1, 1), { steps: 5, control: Float32Array.of(1) });
    await memory.recall(sent(2, 2, 2), yes);
    await memory.remember(sent(2, 2, 2), { steps: 6, control: Float32Array.of(2) });
    expect(await memory.recall(sent(3, 2, 2), no)).toEqual({ control: Float32Array.of(1), steps: 6 });
    // Another step, or another model, is another update.
    expect(await memory.recall(sent(4, 3, 2), no)).toEqual({ control: Float32Array.of(1) });
    expect(await memory.recall(sent(4, 2, 3), no)).toEqual({ control: Float32Array.of(1) });
  });

  it('takes private weights over with the control variate or without one, and shows what they would become', async () => {
    const journal = new MemoryJournal();
    const memory = () => new SiteMemory(journal.open(signal), 1n);
    const [first, second] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    expect(await memory().privateWeights(1)).toEqual({ now: undefined, next: undefined });
    await memory().remember(sent(1, 1, 1), { steps: 5, privateWeights: first });
    expect(await memory().privateWeights(1)).toEqual({ now: undefined, next: first });
    // Before the round has ended nothing is asked, and a try of it begins where the first began.
    expect(await memory().recall(sent(1, 1, 1), never)).toEqual({ steps: 5 });
    expect(await memory().recall(sent(2, 2, 2), yes)).toEqual({ privateWeights: first });
    await memory().remember(sent(2, 2, 2), { steps: 6, privateWeights: second, control: Float32Array.of(9) });
    expect(await memory().privateWeights(2)).toEqual({ now: first, next: second });
    expect(await memory().privateWeights(3)).toEqual({ now: first, next: first });
    await memory().settle(3, no);
    expect(await memory().privateWeights(2)).toEqual({ now: first, next: second });
    await memory().settle(3, yes);
    expect(await memory().recall(sent(3, 3, 3), never)).toEqual({
      privateWeights: second,
      control: Float32Array.of(9),
    });
  });

  it('forgets nothing when the chain cannot be asked', async () => {
    const memory = new SiteMemory(new MemoryJournal().open(signal), 1n);
    await memory.remember(sent(1, 1, 1), { steps: 5, control: Float32Array.of(1) });
    await expect(memory.recall(sent(2, 2, 2), never)).rejects.toThrow('not to be asked');
    expect(await memory.recall(sent(2, 2, 2), yes)).toEqual({ control: Float32Array.of(1) });
  });

  it('keeps tasks apart', async () => {
    const journal = new MemoryJournal();
    await new SiteMemory(journal.open(signal), 1n).remember(sent(1, 1, 1), { steps: 5 });
    expect(await new SiteMemory(journal.open(signal), 2n).recall(sent(1, 1, 1), never)).toEqual({});
  });
});

it('is needed by SCAFFOLD, by a budget of time and by private layers', () => {
  const { training, model } = heartTaskSpec();
  const trainingBy = (algorithm: AlgorithmSpec) => remembers({ training: { ...training, algorithm }, model });
  expect(remembers({ training, model })).toBe(false);
  expect(trainingBy({ kind: 'fedprox', mu: 1 })).toBe(false);
  expect(trainingBy({ kind: 'fednova' })).toBe(false);
  expect(trainingBy({ kind: 'fednova', budgetSeconds: 5 })).toBe(true);
  expect(trainingBy({ kind: 'scaffold', sites: 3 })).toBe(true);
  expect(remembers({ training, model: { ...model, private: [1] } })).toBe(true);
});

it('gives a site its own model: the common one with its private layers, and says so in the file', async () => {
  const spec: TaskSpec = {
    ...SPEC,
    model: { layers: [{ kind: 'dense', units: 2, activation: 'tanh' }, ...SPEC.model.layers], private: [1] },
  };
  const journal = new MemoryJournal().open(signal);
  expect(await readOwnModel(journal, spec, 1n)).toBeUndefined();
  const common: Checkpoint = {
    weights: new Float32Array(9).fill(1),
    normaliser: { mean: Float64Array.of(0, 0), scale: Float64Array.of(1, 1), rows: 10, positives: 5 },
    server: initialServerState(spec),
  };
  await journal.put(modelKey(1n), await writeCheckpoint(spec, common));
  const memory = new SiteMemory(journal, 1n);
  await memory.remember(sent(1, 1, 1), { steps: 1, privateWeights: Float32Array.of(7, 8, 9) });
  await memory.settle(2, yes);
  const { tensors, metadata } = readSafetensors((await readOwnModel(journal, spec, 1n)) as Bytes);
  expect(tensors.get('model.layers.0.kernel')?.values).toEqual(new Float32Array(4).fill(1));
  expect(tensors.get('model.layers.1.kernel')?.values).toEqual(Float32Array.of(7, 8));
  expect(tensors.get('model.layers.1.bias')?.values).toEqual(Float32Array.of(9));
  expect(metadata['private']).toContain('of one site');
  await journal.put(
    modelKey(2n),
    await writeCheckpoint(SPEC, { ...common, weights: new Float32Array(3), server: initialServerState(SPEC) }),
  );
  expect(await readOwnModel(journal, SPEC, 2n)).toEqual(await journal.get(modelKey(2n)));
});
