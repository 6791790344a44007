import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import known from '../../tests/vectors/known-answers.json' with { type: 'json' };
import { fromHex, type Bytes } from '../core/bytes.ts';
import { layoutBytes, type Layout } from '../protocol/layout.ts';
import { checkPadding, packRing, type RingValues } from './encode.ts';
import { planRanges, splitJob, sumStreams, type Sign, type StreamJob } from './stream.ts';

const count = { kind: 'count' } as const;
const layoutOf = (...shape: readonly (readonly [length: number, width: number])[]): Layout =>
  shape.map(([length, width]) => ({ purpose: 'update', length, width, encoding: count }));

/** Key stream bytes by WebCrypto in one call. */
async function aesCtr(key: Bytes, counter: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-CTR', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CTR', counter, length: 128 }, imported, data));
}

/** Coordinate by coordinate with big integers: slow, and shares nothing with the kernel. */
function addSlowly(layout: Layout, vectors: readonly { bytes: Uint8Array; sign: Sign }[]): Bytes {
  const out = new Uint8Array(layoutBytes(layout));
  let start = 0;
  for (const { length, width } of layout) {
    const read = (bytes: Uint8Array, j: number) => {
      let value = 0n;
      for (let k = 0; k < width; k++) {
        const bit = j * width + k;
        value |= BigInt(((bytes[start + (bit >> 3)] as number) >> (bit & 7)) & 1) << BigInt(k);
      }
      return value;
    };
    for (let j = 0; j < length; j++) {
      const sum = vectors.reduce((total, { bytes, sign }) => total + BigInt(sign) * read(bytes, j), 0n);
      const value = BigInt.asUintN(width, sum);
      for (let k = 0; k < width; k++) {
        const bit = j * width + k;
        const at = start + (bit >> 3);
        out[at] = (out[at] as number) | (Number((value >> BigInt(k)) & 1n) << (bit & 7));
      }
    }
    start += Math.ceil((length * width) / 8);
  }
  return out;
}

async function expectedSum(job: StreamJob): Promise<Bytes> {
  const size = layoutBytes(job.layout);
  const streams = await Promise.all(
    job.streams.map(async ({ key, sign }) => ({
      bytes: await aesCtr(key, new Uint8Array(16), new Uint8Array(size)),
      sign,
    })),
  );
  return addSlowly(job.layout, [...streams, ...job.addends.map(({ packed, sign }) => ({ bytes: packed, sign }))]);
}

const randomKey = (byte: number) => Uint8Array.from({ length: 16 }, (_, i) => (byte * 31 + i * 7) & 255);
const streamsOf = (total: number) =>
  Array.from({ length: total }, (_, i) => ({
    key: randomKey(i + 1),
    sign: i % 3 === 1 ? (-1 as const) : (1 as const),
  }));

describe('AES-CTR', () => {
  it('gives NIST SP 800-38A F.5.1', async () => {
    const { key, counter, plaintext, ciphertext } = known.aes_ctr;
    expect(await aesCtr(fromHex(key), fromHex(counter), fromHex(plaintext))).toEqual(fromHex(ciphertext));
  });
});

describe('sumStreams', () => {
  it('of one stream over bytes is the key stream', async () => {
    const layout = layoutOf([400_000, 8]);
    const key = randomKey(9);
    const sum = await sumStreams({ layout, start: 0, end: 400_000, streams: [{ key, sign: 1 }], addends: [] });
    expect(sum).toEqual(await aesCtr(key, new Uint8Array(16), new Uint8Array(400_000)));
  });

  it('is exact for every width, with mixed segments and both signs', async () => {
    for (let width = 2; width <= 48; width++) {
      const layout = layoutOf([1, 48], [201, width], [7, 50 - width], [33, width]);
      const size = layoutBytes(layout);
      const packed = await sumStreams({
        layout,
        start: 0,
        end: size,
        streams: [{ key: randomKey(width), sign: 1 }],
        addends: [],
      });
      checkPadding(layout, packed);
      const job: StreamJob = {
        layout,
        start: 0,
        end: size,
        streams: streamsOf(9),
        addends: [
          { packed, sign: 1 },
          { packed, sign: -1 },
          { packed, sign: -1 },
        ],
      };
      const sum = await sumStreams(job);
      expect(sum, `width ${width}`).toEqual(await expectedSum(job));
      checkPadding(layout, sum);
    }
  });

  it('is exact for random layouts (property)', async () => {
    const shape = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 2, max: 48 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(shape, fc.integer({ min: 1, max: 6 }), async (segments, total) => {
        const layout = layoutOf(...segments);
        const job: StreamJob = { layout, start: 0, end: layoutBytes(layout), streams: streamsOf(total), addends: [] };
        expect(await sumStreams(job)).toEqual(await expectedSum(job));
      }),
      { numRuns: 60 },
    );
  });

  it('made range by range equals the whole, and so do its jobs', async () => {
    const layout = layoutOf([1, 48], [150_000, 18], [3, 13], [40_001, 31]);
    const size = layoutBytes(layout);
    const rings = layout.map(({ length, width }, s): RingValues =>
      Float64Array.from({ length }, (_, j) => (j * 977 + s) % 2 ** width),
    );
    const clean = packRing(layout, rings);
    const job: StreamJob = {
      layout,
      start: 0,
      end: size,
      streams: streamsOf(5),
      addends: [{ packed: clean, sign: 1 }],
    };
    expect(planRanges(layout).length).toBeGreaterThan(3);
    const whole = await sumStreams(job);
    expect(whole).toEqual(await expectedSum(job));
    const jobs = splitJob(job, 3);
    expect(jobs.length).toBeGreaterThan(1);
    const parts = await Promise.all(jobs.map((part) => sumStreams(part)));
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
  });

  it('cuts every layout without gaps, at whole coordinates', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2, max: 48 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 64, max: 4096 }),
        (segments, size) => {
          const layout = layoutOf(...segments);
          const ranges = planRanges(layout, size);
          let at = 0;
          for (const { startByte, endByte } of ranges) {
            expect(startByte).toBe(at);
            at = endByte;
          }
          expect(at).toBe(layoutBytes(layout));
          expect(ranges.flatMap(({ pieces }) => pieces).reduce((sum, { length }) => sum + length, 0)).toBe(
            segments.reduce((sum, [length]) => sum + length, 0),
          );
        },
      ),
    );
  });

  it('stays exact with thousands of vectors', async () => {
    const layout = layoutOf([5, 16], [3, 48], [4, 2]);
    const ones = new Uint8Array(layoutBytes(layout)).fill(255);
    const addends = Array.from({ length: 16_384 }, () => ({ packed: ones, sign: 1 as const }));
    const sum = await sumStreams({ layout, start: 0, end: ones.length, streams: [], addends });
    expect(sum).toEqual(
      addSlowly(
        layout,
        addends.map(({ packed, sign }) => ({ bytes: packed, sign })),
      ),
    );
    await expect(
      sumStreams({ layout, start: 0, end: ones.length, streams: [], addends: [...addends, ...addends] }),
    ).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('reports progress and can be cancelled', async () => {
    const layout = layoutOf([300_000, 18]);
    const job: StreamJob = { layout, start: 0, end: layoutBytes(layout), streams: streamsOf(6), addends: [] };
    const seen: number[] = [];
    await sumStreams(job, { onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const controller = new AbortController();
    const cancelled = sumStreams(job, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    await expect(sumStreams(job, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('runs several sums at once without mixing them', async () => {
    const jobs = Array.from({ length: 6 }, (_, i): StreamJob => {
      const layout = layoutOf([1000 + i, 5 + i]);
      return { layout, start: 0, end: layoutBytes(layout), streams: streamsOf(3 + i), addends: [] };
    });
    const sums = await Promise.all(jobs.map((job) => sumStreams(job)));
    for (const [i, job] of jobs.entries()) expect(sums[i]).toEqual(await expectedSum(job));
  });

  it('refuses what does not fit', async () => {
    const layout = layoutOf([100, 18]);
    const end = layoutBytes(layout);
    const base = { layout, start: 0, end, streams: [], addends: [] };
    await expect(sumStreams({ ...base, streams: [{ key: new Uint8Array(15), sign: 1 }] })).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(
      sumStreams({ ...base, addends: [{ packed: new Uint8Array(end - 1), sign: 1 }] }),
    ).rejects.toMatchObject({ code: 'bad-input' });
    await expect(sumStreams({ ...base, start: 7 })).rejects.toMatchObject({ code: 'bad-input' });
  });
});
