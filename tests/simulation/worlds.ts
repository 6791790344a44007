/** Runs a range of seeded worlds as vitest tests; two files share a thousand, so that two cores do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useSynchronousCrypto } from './crypto.ts';
import { simulate, type WorldReport } from './faults.ts';

const BATCH = 50;

/**
 * Declares the tests of `half` (0 or 1) of the seeds. By hand: MURMUR_SIMULATION_FIRST and MURMUR_SIMULATION_SEEDS choose others;
 * a failing seed replays with FIRST=SEED SEEDS=1.
 */
export function testWorlds(half: 0 | 1): void {
  const firstSeed = Number(process.env['MURMUR_SIMULATION_FIRST'] ?? 0);
  const count = Number(process.env['MURMUR_SIMULATION_SEEDS'] ?? 1000);
  const middle = firstSeed + Math.ceil(count / 2);
  const [first, end] = half === 0 ? [firstSeed, middle] : [middle, firstSeed + count];
  const reports: WorldReport[] = [];
  let restore: () => void;
  beforeAll(() => {
    restore = useSynchronousCrypto();
  });
  afterAll(() => restore());

  for (let from = first; from < end; from += BATCH) {
    const to = Math.min(from + BATCH, end);
    test(`worlds ${from} to ${to - 1} keep every promise`, async () => {
      const failed: string[] = [];
      for (let seed = from; seed < to; seed++) {
        try {
          const report = await simulate(seed);
          reports.push(report);
          if (report.violations.length > 0) failed.push(`seed ${seed}: ${report.violations.join('; ')}`);
        } catch (error) {
          failed.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      expect(failed, 'replay one with MURMUR_SIMULATION_FIRST=SEED MURMUR_SIMULATION_SEEDS=1').toEqual([]);
    }, 600_000);
  }

  test('a seed run twice gives the same trace', async () => {
    const [once, twice] = [await simulate(first), await simulate(first)];
    expect(twice.traceHash).toBe(once.traceHash);
  }, 60_000);

  test('some worlds are sunny, some are not', ({ skip }) => {
    if (reports.length < BATCH) skip('too few worlds to say');
    const finished = reports.filter((report) => report.status === 'finished').length;
    const voids = reports.reduce((sum, report) => sum + report.rounds - report.settled, 0);
    expect(finished).toBeGreaterThan(reports.length / 3);
    expect(finished).toBeLessThan(reports.length);
    expect(voids).toBeGreaterThan(reports.length / 20);
  });
}
