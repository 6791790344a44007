/** Files of starting weights: those that fit a model, and what is said of those that do not. */
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../core/bytes.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import type { ModelSpec } from '../protocol/model-spec.ts';
import { standardisedWidth } from '../protocol/target.ts';
import { initialServerState, writeCheckpoint } from './checkpoint.ts';
import { initialWeights } from './initialise.ts';
import { writeSafetensors } from './safetensors.ts';
import { describeStart, readStart, writeStart } from './start.ts';
import { weightLayout } from './spec.ts';

const seed = new Uint8Array(32).fill(3);
const heart = heartTaskSpec();
const adapted = (model: ModelSpec): ModelSpec => ({
  ...model,
  adapter: { kind: 'lora', rank: 1, alpha: 1, head: 'trained' },
});
const layers: ModelSpec['layers'] = [
  { kind: 'dense', units: 4, activation: 'tanh' },
  { kind: 'dense', units: 1, activation: 'sigmoid' },
];
const use = { ...heart, model: { layers } };
const { length, tensors } = weightLayout(use);
const weights = Float32Array.from({ length }, (_, i) => (i + 1) / 8);
const file = writeStart(use, weights);

/** A file as the safetensors library of Python writes it: header keys in another order, tensors by size. */
function foreign(
  values: Readonly<Record<string, readonly number[]>>,
  shapes: Readonly<Record<string, readonly number[]>>,
) {
  let end = 0;
  const header: Record<string, unknown> = {};
  for (const [name, data] of Object.entries(values)) {
    header[name] = { dtype: 'F32', shape: shapes[name], data_offsets: [end, end + 4 * data.length] };
    end += 4 * data.length;
  }
  const text = utf8(JSON.stringify(header));
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, text.length, true);
  return concatBytes(head, text, new Uint8Array(Float32Array.from(Object.values(values).flat()).buffer));
}

describe('a file of starting weights', () => {
  it('comes back as it was written, for the model and for an adapter of it', async () => {
    const start = await describeStart(use, file);
    expect(start.bytes).toBe(file.length);
    expect(await readStart(use, start, file)).toEqual(weights);
    const lora = { ...use, model: adapted(use.model) };
    expect(await describeStart(lora, file)).toEqual(start);
    const begun = await initialWeights(lora, seed, await readStart(lora, start, file));
    for (const { name, offset, length: size, isAdapter } of weightLayout(lora).tensors) {
      const values = begun.subarray(offset, offset + size);
      const own = tensors.find((tensor) => tensor.name === name);
      expect(isAdapter).toBe(own === undefined);
      // A by Glorot's rule, B zero: the adapted model begins as the given one.
      const given = own ? weights.subarray(own.offset, own.offset + own.length) : values;
      expect(values).toEqual(given);
      expect(values.some((value) => value !== 0)).toBe(!name.endsWith('adapter.b'));
    }
    expect(writeStart(lora, begun)).toEqual(file);
  });

  it('may come from another program, in any order, with −0', async () => {
    const small = { ...use, model: { layers: [layers[1] as (typeof layers)[number]] } };
    const width = weightLayout(small).length - 1;
    const kernel = Array.from({ length: width }, (_, i) => i);
    const shapes = { 'layers.0.bias': [1], 'layers.0.kernel': [width, 1] };
    const bytes = foreign({ 'layers.0.kernel': kernel, 'layers.0.bias': [-0] }, shapes);
    const read = await readStart(small, await describeStart(small, bytes), bytes);
    expect(read).toEqual(Float32Array.from([...kernel, 0]));
    expect(Object.is(read.at(-1), 0)).toBe(true);
    const infinite = foreign({ 'layers.0.kernel': kernel, 'layers.0.bias': [Infinity] }, shapes);
    await expect(describeStart(small, infinite)).rejects.toThrow('layers.0.bias: holds a value that is not finite');
  });

  it('may be the model of another task', async () => {
    const width = standardisedWidth(heart.data);
    const normaliser = {
      mean: new Float64Array(width),
      scale: new Float64Array(width).fill(1),
      rows: 10,
      positives: 5,
    };
    const checkpoint = await writeCheckpoint(use, { weights, normaliser, server: initialServerState(use) });
    expect(await readStart(use, await describeStart(use, checkpoint), checkpoint)).toEqual(weights);
  });

  it('is refused when it is not the one that the spec names', async () => {
    const start = await describeStart(use, file);
    const other = file.slice();
    other[other.length - 1] = (other.at(-1) as number) ^ 1;
    await expect(readStart(use, start, other)).rejects.toMatchObject({ code: 'bad-hash' });
    await expect(readStart(use, { ...start, bytes: 9 }, file)).rejects.toMatchObject({ code: 'bad-hash' });
  });

  it('is refused with the name of the tensor that does not fit', async () => {
    const named = (name: string) => expect.objectContaining({ code: 'bad-input', details: { tensor: name } }) as Error;
    const wider = { ...use, model: { layers: [{ ...layers[0], units: 5 }, layers[1]] as ModelSpec['layers'] } };
    await expect(describeStart(wider, file)).rejects.toEqual(named('layers.0.kernel'));
    const deeper = { ...use, model: { layers: [layers[0], ...layers] as ModelSpec['layers'] } };
    await expect(describeStart(deeper, file)).rejects.toEqual(named('layers.1.kernel'));
    const shallower = { ...use, model: { layers: layers.slice(1) } };
    await expect(
      describeStart(shallower, writeStart(shallower, weights.slice(-weightLayout(shallower).length))),
    ).resolves.toBeDefined();
    const both = new Map(
      tensors.map(({ name, shape, offset, length: size }) => [
        name,
        { shape, values: weights.subarray(offset, offset + size) as Float32Array | Float64Array },
      ]),
    );
    both.set('more', { shape: [1], values: Float32Array.of(1) });
    await expect(describeStart(use, writeSafetensors({ tensors: both, metadata: {} }))).rejects.toEqual(named('more'));
    both.delete('more');
    both.set('layers.1.bias', { shape: [1], values: Float64Array.of(1) });
    await expect(describeStart(use, writeSafetensors({ tensors: both, metadata: {} }))).rejects.toEqual(
      named('layers.1.bias'),
    );
    await expect(describeStart(use, utf8('no such file'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
