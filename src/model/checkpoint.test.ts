import { describe, expect, it } from 'vitest';
import { toHex } from '../core/bytes.ts';
import { optdigitsTaskSpec } from '../dataset/examples/pictures.ts';
import { smsWriterTaskSpec } from '../dataset/examples/texts.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import { weightCount } from '../protocol/task-spec.ts';
import { featureWidth } from '../protocol/target.ts';
import { type Checkpoint, initialServerState, modelHash, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { initialWeights } from './initialise.ts';

const spec = heartTaskSpec();
const width = featureWidth(spec.data);

async function first(): Promise<Checkpoint> {
  return {
    weights: await initialWeights(spec, new Uint8Array(32)),
    normaliser: {
      mean: new Float64Array(width).fill(0.5),
      scale: new Float64Array(width).fill(0.25),
      rows: 9,
      positives: 4,
    },
    server: initialServerState(spec),
  };
}

describe('checkpoint', () => {
  it('reads back what it wrote, byte for byte', async () => {
    const bytes = await writeCheckpoint(spec, await first());
    const read = await readCheckpoint(spec, bytes);
    expect(read).toEqual(await first());
    expect(await writeCheckpoint(spec, read)).toEqual(bytes);
    // A known answer: the model hash must not change by accident.
    expect(toHex(await modelHash(bytes))).toMatchInlineSnapshot(
      `"0x709c0be50a86f81f45b6a7d39d04247f8ba500f143a5b6b5a4da537ae0367760"`,
    );
  });

  it('belongs to one task', async () => {
    const bytes = await writeCheckpoint(spec, await first());
    await expect(readCheckpoint(heartTaskSpec({ title: 'Another task' }), bytes)).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('keeps the rows of each class, and nothing to standardise texts by', async () => {
    const digits = optdigitsTaskSpec();
    const rows = { rows: 10, positives: 0 };
    const normaliser = { ...rows, mean: Float64Array.of(0.3), scale: Float64Array.of(0.2) };
    const weights = new Float32Array(weightCount(digits)).fill(0.5);
    const classRows = Float64Array.of(1, 2, 3, 0, 0, 0, 0, 0, 0, 4);
    const checkpoint = { weights, server: initialServerState(digits), normaliser: { ...normaliser, classRows } };
    expect(await readCheckpoint(digits, await writeCheckpoint(digits, checkpoint))).toEqual(checkpoint);
    for (const wrong of [normaliser, { ...normaliser, classRows: classRows.map((count) => 2 * count) }]) {
      await expect(writeCheckpoint(digits, { ...checkpoint, normaliser: wrong })).rejects.toThrow('bad class counts');
    }
    const writer = smsWriterTaskSpec();
    const texts = {
      weights: new Float32Array(weightCount(writer)),
      server: initialServerState(writer),
      normaliser: { ...rows, mean: new Float64Array(0), scale: new Float64Array(0) },
    };
    expect(await readCheckpoint(writer, await writeCheckpoint(writer, texts))).toEqual(texts);
  });

  it('has no moments under fedavg', async () => {
    const plain = heartTaskSpec({ server: { kind: 'fedavg', learningRate: 1 } });
    const checkpoint = { ...(await first()), server: initialServerState(plain) };
    expect(checkpoint.server.firstMoment.length).toBe(0);
    expect(await readCheckpoint(plain, await writeCheckpoint(plain, checkpoint))).toEqual(checkpoint);
  });

  it.each<[string, (good: Checkpoint) => Checkpoint]>([
    ['a weight too few', (good) => ({ ...good, weights: good.weights.slice(1) })],
    ['a weight that is NaN', (good) => ({ ...good, weights: good.weights.map((_, i) => (i === 3 ? Number.NaN : 0)) })],
    ['a weight of -0', (good) => ({ ...good, weights: good.weights.map(() => -0) })],
    ['a scale of zero', (good) => ({ ...good, normaliser: { ...good.normaliser, scale: new Float64Array(width) } })],
    ['more positives than rows', (good) => ({ ...good, normaliser: { ...good.normaliser, positives: 10 } })],
    [
      'moments of another length',
      (good) => ({ ...good, server: { ...good.server, firstMoment: new Float64Array(1) } }),
    ],
    [
      'a negative second moment',
      (good) => ({ ...good, server: { ...good.server, secondMoment: good.server.secondMoment.map(() => -1) } }),
    ],
  ])('refuses %s', async (_, change) => {
    await expect(writeCheckpoint(spec, change(await first()))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
