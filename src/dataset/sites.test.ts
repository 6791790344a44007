import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitByDirichlet, splitByShards, splitEvenly } from './sites.ts';

const seed = new Uint8Array(32).fill(7);
const labels = Uint8Array.from({ length: 1000 }, (_, i) => i % 10);
const classesOf = (rows: Uint32Array) => new Set([...rows].map((row) => labels[row])).size;

describe('simulated sites', () => {
  it('give every row to exactly one site, alike for one seed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (of, sites, alpha) => {
          const splits = () => [
            splitEvenly(of.length, sites, seed),
            splitByDirichlet(of, sites, alpha, seed),
            splitByShards(of, sites, 2, seed),
          ];
          for (const parts of splits()) {
            expect(parts).toHaveLength(sites);
            expect(parts.flatMap((rows) => [...rows]).sort((a, b) => a - b)).toEqual([...of.keys()]);
          }
          expect(splits()).toEqual(splits());
        },
      ),
    );
  });

  it('are skewed with a small alpha and alike with a large one', () => {
    // The largest share of a class that one site has: nearly all of it, or nearly a fifth.
    const largest = (alpha: number) => {
      const parts = splitByDirichlet(labels, 5, alpha, seed);
      const shares = Array.from({ length: 10 }, (_, label) =>
        Math.max(...parts.map((rows) => [...rows].filter((row) => labels[row] === label).length / 100)),
      );
      return shares.reduce((sum, share) => sum + share, 0) / 10;
    };
    expect(largest(0.01)).toBeGreaterThan(0.95);
    expect(largest(1000)).toBeLessThan(0.3);
  });

  it('know two classes each with two shards of a class size', () => {
    for (const rows of splitByShards(labels, 5, 2, seed)) {
      expect(rows).toHaveLength(200);
      expect(classesOf(rows)).toBe(2);
    }
  });

  it('refuse more sites than rows and an alpha that is none', () => {
    expect(() => splitEvenly(2, 3, seed)).toThrow('2 rows');
    expect(() => splitByDirichlet(labels, 3, 0, seed)).toThrow('alpha');
    expect(() => splitByShards(labels, 3, 0.5, seed)).toThrow('shard');
  });
});
