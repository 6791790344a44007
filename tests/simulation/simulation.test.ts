/** A thousand seeded worlds (tests/simulation/world.ts). MURMUR_SIMULATION_SEEDS and MURMUR_SIMULATION_FIRST choose others by hand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useSynchronousCrypto } from './crypto.ts';
import { simulate, type WorldReport } from './world.ts';

const first = Number(process.env['MURMUR_SIMULATION_FIRST'] ?? 0);
const count = Number(process.env['MURMUR_SIMULATION_SEEDS'] ?? 1000);
const BATCH = 50;

let restore: () => void;
beforeAll(() => {
  restore = useSynchronousCrypto();
});
afterAll(() => restore());

const reports: WorldReport[] = [];

for (let from = first; from < first + count; from += BATCH) {
  const to = Math.min(from + BATCH, first + count);
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

test('the worlds are not all sunshine and not all storm', () => {
  const finished = reports.filter((report) => report.status === 'finished').length;
  const voids = reports.reduce((sum, report) => sum + report.rounds - report.settled, 0);
  expect(finished).toBeGreaterThan(reports.length / 3);
  expect(voids).toBeGreaterThan(reports.length / 20);
});
