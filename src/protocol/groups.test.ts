import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uintBytes } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { drawGroups, groupCount } from './groups.ts';

const sizes = { groupSize: 4, minGroup: 3 };
const beacon = (byte: number) => new Uint8Array(32).fill(byte);
const plain = (groups: readonly Uint16Array[]) => groups.map((group) => Array.from(group));

describe('drawGroups', () => {
  it('draws what a second implementation draws (Python over hashlib, written from docs/protocol.md)', async () => {
    expect(plain(await drawGroups(9, sizes, beacon(0)))).toEqual([
      [0, 2, 5, 6, 8],
      [1, 3, 4, 7],
    ]);
    expect(plain(await drawGroups(16, sizes, beacon(7)))).toEqual([
      [0, 2, 11, 12],
      [4, 6, 7, 9],
      [5, 8, 10, 15],
      [1, 3, 13, 14],
    ]);
  });

  it('puts every member into one group, of sizes that differ by at most one and never below the least', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 400 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        async (minGroup, more, extra, bytes) => {
          const members = minGroup + extra;
          const given = { minGroup, groupSize: minGroup + more };
          const groups = await drawGroups(members, given, Uint8Array.from(bytes));
          const lengths = groups.map(({ length }) => length);
          expect(groups.flatMap((group) => Array.from(group)).sort((a, b) => a - b)).toEqual(
            Array.from({ length: members }, (_, index) => index),
          );
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
          expect(Math.min(...lengths)).toBeGreaterThanOrEqual(minGroup);
          expect(groups.length).toBe(Math.max(1, Math.floor(members / given.groupSize)));
          expect(
            groups.every((group) => group.every((index, place) => place === 0 || index > (group[place - 1] as number))),
          ).toBe(true);
          expect(await drawGroups(members, given, Uint8Array.from(bytes))).toEqual(groups);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends each member into each group alike, and with each other alike (chi-square over 3,000 beacons)', async () => {
    const [members, count, draws] = [16, 4, 3000];
    const places = new Float64Array(members * count);
    const together = new Float64Array(members);
    for (let draw = 0; draw < draws; draw++) {
      const groups = await drawGroups(members, sizes, await sha256(uintBytes(draw, 4)));
      for (const [group, indices] of groups.entries()) {
        for (const index of indices) {
          places[index * count + group] = (places[index * count + group] as number) + 1;
          if (indices.includes(0)) together[index] = (together[index] as number) + 1;
        }
      }
    }
    const chiSquare = (seen: Float64Array, expected: number) =>
      seen.reduce((sum, value) => sum + (value - expected) ** 2 / expected, 0);
    // 15 · 3 = 45 degrees of freedom, and 14 for the companions of member 0: beyond 80.1 and 36.1 is one chance in a thousand.
    expect(chiSquare(places, draws / count)).toBeLessThan(80.1);
    expect(chiSquare(together.subarray(1), (draws * 3) / 15)).toBeLessThan(36.1);
  });

  it('refuses what makes no sense, and voids a round of too few', async () => {
    expect(() => groupCount(9, { groupSize: 2, minGroup: 3 })).toThrow('make no sense');
    expect(() => groupCount(70_000, sizes)).toThrow('no 70000 members');
    await expect(drawGroups(2, sizes, beacon(0))).rejects.toMatchObject({ code: 'void' });
    await expect(drawGroups(9, sizes, new Uint8Array(31))).rejects.toMatchObject({ code: 'bad-input' });
    expect(groupCount(3, sizes)).toBe(1);
    expect(groupCount(7, sizes)).toBe(1);
    expect(groupCount(8, sizes)).toBe(2);
  });
});
