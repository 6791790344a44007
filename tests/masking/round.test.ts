/**
 * The masked sum is exact, whoever drops out where; and what the masking must never do.
 * Seeds are fixed, so a failure repeats.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bitmapOf, members } from '../../src/core/bitmap.ts';
import { equalBytes, toHex, type Bytes } from '../../src/core/bytes.ts';
import { roundContext, maskContext } from '../../src/masking/context.ts';
import { packRing, unpackRing, type RingValues } from '../../src/masking/encode.ts';
import { maskKeys } from '../../src/masking/keys.ts';
import { chunkRoot, maskVector, maskedDigest } from '../../src/masking/mask.ts';
import { bundleRoot, dealShares } from '../../src/masking/shares.ts';
import { corruptBound, shareThreshold } from '../../src/protocol/threshold.ts';
import { buildAnswer, parseAnswer, sumRoot, unmaskSum } from '../../src/masking/unmask.ts';
import { sumStreams } from '../../src/masking/stream.ts';
import { layoutBytes, type Layout } from '../../src/protocol/layout.ts';
import { SeededRandom } from '../../src/core/random.ts';
import {
  makeCohort,
  maskOne,
  openAll,
  runRound,
  seededRandom,
  sumInputs,
  testRound,
  type Cohort,
  type TestMember,
} from '../../src/masking/testing/cohort.ts';

const count = { kind: 'count' } as const;
const LAYOUT: Layout = [
  { purpose: 'weight', length: 1, width: 48, encoding: count },
  { purpose: 'update', length: 21, width: 18, encoding: count },
  { purpose: 'evaluation', length: 5, width: 33, encoding: count },
  { purpose: 'evaluation', length: 9, width: 7, encoding: count },
];

function randomRings(layout: Layout, random: SeededRandom): RingValues[] {
  return layout.map(({ length, width }) =>
    Float64Array.from(
      { length },
      () =>
        Math.floor(random.uniform() * 2 ** Math.min(width, 32)) +
        (width > 32 ? random.below(2 ** (width - 32)) * 2 ** 32 : 0),
    ),
  );
}

/** Sum of some members' ring values, with big integers. */
function plainSum(layout: Layout, all: readonly (readonly RingValues[])[], who: readonly number[]): Bytes {
  const rings = layout.map(({ length, width }, s) =>
    Float64Array.from({ length }, (_, j) =>
      Number(
        BigInt.asUintN(
          width,
          who.reduce((sum, u) => sum + BigInt(all[u]?.[s]?.[j] ?? NaN), 0n),
        ),
      ),
    ),
  );
  return packRing(layout, rings);
}

async function checkPattern(
  cohort: Cohort,
  random: SeededRandom,
  u2: readonly number[],
  u3: readonly number[],
  answering: readonly number[],
): Promise<void> {
  const all = cohort.people.map(() => randomRings(cohort.layout, random));
  const packed = new Map(u2.map((u) => [u, packRing(cohort.layout, all[u] as RingValues[])]));
  const sum = await runRound(cohort, u2, u3, answering, packed);
  expect(toHex(sum), `n ${cohort.n}, U2 ${u2}, U3 ${u3}, answers ${answering}`).toBe(
    toHex(plainSum(cohort.layout, all, u3)),
  );
}

/** All subsets of `items` with at least `least` elements. */
function subsets(items: readonly number[], least: number): number[][] {
  return Array.from({ length: 2 ** items.length }, (_, map) => items.filter((_, i) => (map >> i) & 1)).filter(
    ({ length }) => length >= least,
  );
}

describe('the masked sum', () => {
  it('is exact for every admissible dropout pattern of n = 3..6', async () => {
    let patterns = 0;
    for (const n of [3, 4, 5, 6]) {
      const cohort = await makeCohort(`every pattern ${n}`, n, LAYOUT);
      const random = await seededRandom(`values ${n}`);
      const t = cohort.threshold;
      for (const u2 of subsets([...Array(n).keys()], t)) {
        for (const u3 of subsets(u2, Math.max(t, corruptBound(n, 1000) + 2))) {
          for (const answering of subsets(u3, t)) {
            await checkPattern(cohort, random, u2, u3, answering);
            patterns++;
          }
        }
      }
    }
    expect(patterns).toBe(184);
  });

  it('is exact for sampled patterns of n = 7..49', async () => {
    for (const n of [7, 10, 16, 27, 49]) {
      const cohort = await makeCohort(`sampled ${n}`, n, LAYOUT);
      const random = await seededRandom(`patterns ${n}`);
      const t = shareThreshold(n, 1000);
      // The worst admissible case first (everybody beyond the threshold drops at the mask), then random ones.
      const everybody = [...Array(n).keys()];
      await checkPattern(cohort, random, everybody, everybody.slice(n - t), everybody.slice(n - t));
      for (let i = 0; i < (n <= 16 ? 3 : 1); i++) {
        const draw = (from: readonly number[], least: number) => {
          const kept = least + random.below(from.length - least + 1);
          return [...random.permutation(from.length)]
            .slice(0, kept)
            .map((j) => from[j] as number)
            .sort((a, b) => a - b);
        };
        const u2 = draw(everybody, t);
        const u3 = draw(u2, t);
        await checkPattern(cohort, random, u2, u3, draw(u3, t));
      }
    }
  }, 240_000);

  it('is exact for mixed widths 2..48 (property)', async () => {
    const base = await makeCohort('mixed widths', 4, LAYOUT);
    const shape = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 2, max: 48 })), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), async (segments, seed) => {
        const layout: Layout = segments.map(([length, width]) => ({
          purpose: 'update',
          length,
          width,
          encoding: count,
        }));
        await checkPattern({ ...base, layout }, await seededRandom(`${seed}`), [0, 1, 2, 3], [0, 1, 3], [0, 1, 3]);
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});

describe('unmasking', () => {
  const u2 = bitmapOf([0, 1, 2, 3, 4, 5]);
  const u3 = bitmapOf([0, 1, 2, 4, 5]);
  let cohort: Cohort;
  let context: Bytes;
  let inputs: Map<number, Bytes>;
  let answers: Map<number, Bytes>;
  let expected: Bytes;
  beforeAll(async () => {
    cohort = await makeCohort('unmasking', 6, LAYOUT);
    context = await maskContext(cohort.context, u2);
    const random = await seededRandom('unmasking values');
    const all = cohort.people.map(() => randomRings(LAYOUT, random));
    expected = plainSum(LAYOUT, all, members(u3));
    inputs = new Map();
    answers = new Map();
    for (const u of members(u3)) {
      inputs.set(u, await maskOne(cohort, u, u2, packRing(LAYOUT, all[u] as RingValues[])));
      answers.set(u, buildAnswer({ u2, u3, held: await openAll(cohort, u, u2) }));
    }
  });
  const unmask = (change: Partial<Parameters<typeof unmaskSum>[0]> = {}) =>
    unmaskSum({ ...sumInputs(cohort), maskContext: context, u2, u3, inputs, answers, ...change });

  it('gives one canonical sum, whichever answers are used', async () => {
    for (const left of [undefined, 0, 5]) {
      const some = new Map([...answers].filter(([from]) => from !== left));
      const { packedSum, discardedAnswers } = await unmask({ answers: some });
      expect(packedSum).toEqual(expected);
      expect(discardedAnswers).toEqual([]);
    }
    expect(await sumRoot(expected)).toHaveLength(32);
  });

  it('spreads its stream work and gives the same bytes', async () => {
    let jobs = 0;
    const { packedSum } = await unmask({
      runJobs: (list) => {
        jobs = list.length;
        return Promise.all(list.map((job) => sumStreams(structuredClone(job))));
      },
    });
    expect(jobs).toBeGreaterThan(0);
    expect(packedSum).toEqual(expected);
  });

  it('discards answerers that lie, and goes on with the rest', async () => {
    const lie = (answers.get(1) as Bytes).slice();
    lie[64 + 48 * 2 + 31] = (lie[64 + 48 * 2 + 31] as number) ^ 1;
    const otherSets = buildAnswer({ u2, u3: u2, held: await openAll(cohort, 1, u2) });
    for (const bad of [
      lie,
      otherSets,
      new Uint8Array(0),
      (answers.get(1) as Bytes).slice(1),
      answers.get(2) as Bytes,
    ]) {
      const { packedSum, discardedAnswers } = await unmask({ answers: new Map(answers).set(1, bad) });
      expect(packedSum).toEqual(expected);
      expect(discardedAnswers).toEqual([1]);
    }
    // An answer of somebody outside U3 does not count either.
    const { discardedAnswers } = await unmask({ answers: new Map(answers).set(3, answers.get(2) as Bytes) });
    expect(discardedAnswers).toEqual([3]);
  });

  it('goes on when an answerer lacks the share of a dealer it did not acknowledge', async () => {
    const held = await openAll(cohort, 0, u2);
    held.delete(2);
    const partial = buildAnswer({ u2, u3, held });
    expect([...parseAnswer(partial, 6).openings.keys()]).toEqual([0, 1, 3, 4, 5]);
    const { packedSum, discardedAnswers } = await unmask({ answers: new Map(answers).set(0, partial) });
    expect(packedSum).toEqual(expected);
    expect(discardedAnswers).toEqual([]);
    const four = new Map([...answers].filter(([from]) => from !== 5)).set(0, partial);
    await expect(unmask({ answers: four })).rejects.toMatchObject({
      code: 'not-found',
      details: { dealer: 2, good: 3 },
    });
  });

  it('stops under the threshold and names what is missing', async () => {
    const three = new Map([...answers].slice(0, 3));
    await expect(unmask({ answers: three })).rejects.toMatchObject({
      code: 'not-found',
      details: { good: 3, threshold: 4 },
    });
    await expect(unmask({ inputs: new Map([...inputs].slice(1)) })).rejects.toMatchObject({
      code: 'not-found',
      details: { index: 0 },
    });
    await expect(unmask({ bundles: new Map([...cohort.bundles].slice(1)) })).rejects.toMatchObject({
      code: 'not-found',
      details: { dealer: 0 },
    });
    await expect(unmask({ u3: bitmapOf([0, 1, 2, 6]) })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('names a dealer whose committed shares give another secret', async () => {
    const wrongKeys = cohort.maskPublicKeys.map((key, i) => (i === 3 ? (cohort.maskPublicKeys[0] as Bytes) : key));
    await expect(unmask({ maskPublicKeys: wrongKeys })).rejects.toMatchObject({
      code: 'bad-share',
      details: { dealer: 3 },
    });
    const wrongCommitments = cohort.selfMaskCommitments.map((value, i) => (i === 2 ? new Uint8Array(32) : value));
    await expect(unmask({ selfMaskCommitments: wrongCommitments })).rejects.toMatchObject({
      code: 'bad-share',
      details: { dealer: 2 },
    });
  });

  it('gets past one inconsistent share of a dealer when there are answers to spare', async () => {
    // Dealer 2 sealed a wrong self share for member 0, and committed to it.
    const dealer = cohort.people[2] as TestMember;
    const deal = (selfMask: Bytes) =>
      dealShares({
        context: cohort.context,
        index: 2,
        channel: dealer.channel,
        channelKeys: cohort.channelKeys,
        secrets: { ...dealer.secrets, selfMask },
        threshold: cohort.threshold,
        random: cohort.random,
      });
    const [right, wrong] = [await deal(dealer.secrets.selfMask), await deal(new Uint8Array(31).fill(1))];
    const bundle = right.bundle.slice();
    bundle.set(wrong.bundle.subarray(2, 190), 2);
    const root = await bundleRoot({ context: cohort.context, dealer: 2, n: 6, bundle });
    const changed: Cohort = {
      ...cohort,
      bundles: new Map(cohort.bundles).set(2, bundle),
      roots: cohort.roots.map((old, i) => (i === 2 ? root : old)),
    };
    const changedAnswers = new Map<number, Bytes>();
    for (const u of members(u3)) changedAnswers.set(u, buildAnswer({ u2, u3, held: await openAll(changed, u, u2) }));
    const { packedSum } = await unmask({ bundles: changed.bundles, answers: changedAnswers });
    expect(packedSum).toEqual(expected);
  });

  it('never answers with both kinds of share of one member', async () => {
    const held = await openAll(cohort, 0, u2);
    const answer = toHex(buildAnswer({ u2, u3, held }));
    for (const [v, share] of held) {
      const [self, seed] = [
        answer.includes(toHex(share.selfShare).slice(2)),
        answer.includes(toHex(share.seedShare).slice(2)),
      ];
      expect([self, seed]).toEqual(v === 3 ? [false, true] : [true, false]);
    }
    const parsed = parseAnswer(answers.get(0) as Bytes, 6);
    expect([...parsed.openings.keys()]).toEqual(members(u2));
    expect((answers.get(0) as Bytes).length).toBe(64 + 6 * 48);
    expect(() => buildAnswer({ u2: u3, u3: u2, held })).toThrow('inside U2');
    expect(() => parseAnswer(answers.get(0) as Bytes, 5)).toThrow('outside the roster');
  });
});

describe('one mask is never used twice', () => {
  const layout: Layout = [{ purpose: 'update', length: 64, width: 18, encoding: count }];
  let cohort: Cohort;
  beforeAll(async () => {
    cohort = await makeCohort('attack', 4, layout);
  });
  const vector = (step: number) => packRing(layout, [Float64Array.from({ length: 64 }, (_, j) => (j * step) % 1000)]);
  const difference = (a: Bytes, b: Bytes) =>
    sumStreams({
      layout,
      start: 0,
      end: a.length,
      streams: [],
      addends: [
        { packed: a, sign: 1 },
        { packed: b, sign: -1 },
      ],
    });

  it('the difference of two uploads shows nothing across rounds, steps, tasks and U2', async () => {
    const u2 = bitmapOf([0, 1, 2, 3]);
    const truth = await difference(vector(7), vector(3));
    const first = await maskOne(cohort, 0, u2, vector(7));
    for (const change of [{ round: 2 }, { step: 2 }, { task: 2n }, { chainId: 1 }, { baseModel: new Uint8Array(32) }]) {
      const other = await maskOne(cohort, 0, u2, vector(3), await roundContext(testRound(layout, change)));
      expect(equalBytes(await difference(first, other), truth)).toBe(false);
    }
    const otherSet = await maskOne(cohort, 0, bitmapOf([0, 1, 2]), vector(3));
    expect(equalBytes(await difference(first, otherSet), truth)).toBe(false);
  });

  it('a second encoding in one mask context gives the difference away: hence the journal', async () => {
    const u2 = bitmapOf([0, 1, 2, 3]);
    const [a, b] = [await maskOne(cohort, 0, u2, vector(7)), await maskOne(cohort, 0, u2, vector(3))];
    expect(await difference(a, b)).toEqual(await difference(vector(7), vector(3)));
  });

  it('every member and every pair has its own stream', async () => {
    const u2 = bitmapOf([0, 1, 2, 3]);
    const uploads = await Promise.all([0, 1, 2, 3].map((u) => maskOne(cohort, u, u2, vector(0))));
    expect(new Set(uploads.map(toHex)).size).toBe(4);
    // All pair masks cancel; what is left of zeros is the sum of the self masks, which is not zero.
    const left = await sumStreams({
      layout,
      start: 0,
      end: layoutBytes(layout),
      streams: [],
      addends: uploads.map((packed) => ({ packed, sign: 1 })),
    });
    expect(equalBytes(left, vector(0))).toBe(false);
  });

  it('a member outside U2 cannot mask, and a vector with padding bits is refused', async () => {
    await expect(maskOne(cohort, 3, bitmapOf([0, 1, 2]), vector(1))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(maskOne(cohort, 0, bitmapOf([0, 1, 2]), vector(1).slice(1))).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(maskOne(cohort, 0, bitmapOf([0, 1, 9]), vector(1))).rejects.toMatchObject({ code: 'bad-input' });
    const maskPublicKeys = cohort.maskPublicKeys.map((key, i) => (i === 2 ? new Uint8Array(32) : key));
    const { secrets } = cohort.people[0] as TestMember;
    await expect(
      maskVector({
        layout,
        packed: vector(1),
        maskContext: cohort.context,
        u2: 7n,
        index: 0,
        secrets,
        maskKeys: await maskKeys(secrets.seed),
        maskPublicKeys,
      }),
    ).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a masked upload of zeros', () => {
  it('looks uniform (chi-square over bytes and over 6-bit pieces of coordinates)', async () => {
    const layout: Layout = [{ purpose: 'update', length: 65_536, width: 18, encoding: count }];
    const cohort = await makeCohort('chi-square', 3, layout);
    const upload = await maskOne(cohort, 1, 7n, new Uint8Array(layoutBytes(layout)));
    const chiSquare = (values: Iterable<number>, cells: number) => {
      const seen = new Float64Array(cells);
      let total = 0;
      for (const value of values) {
        seen[value] = (seen[value] as number) + 1;
        total++;
      }
      return seen.reduce((sum, observed) => sum + (observed - total / cells) ** 2 / (total / cells), 0);
    };
    // Mean k - 1, standard deviation sqrt(2 (k - 1)): five deviations, seeds fixed.
    expect(Math.abs(chiSquare(upload, 256) - 255)).toBeLessThan(5 * Math.sqrt(510));
    const [ring] = unpackRing(layout, upload) as [RingValues];
    for (const shift of [0, 6, 12]) {
      expect(
        Math.abs(
          chiSquare(
            Array.from(ring, (value) => (value >>> shift) & 63),
            64,
          ) - 63,
        ),
      ).toBeLessThan(5 * Math.sqrt(126));
    }
  });
});

describe('maskedDigest', () => {
  it('covers length and chunks', async () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i & 255);
    const roots = await Promise.all(
      [bytes, bytes.slice(0, 65_536), bytes.slice(0, 65_537)].map(async (part) => toHex(await chunkRoot(part))),
    );
    expect(new Set(roots).size).toBe(3);
    expect(await maskedDigest(bytes)).not.toEqual(await maskedDigest(bytes.slice(0, -1)));
    await expect(chunkRoot(new Uint8Array(0))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
