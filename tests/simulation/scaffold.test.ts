/**
 * Worlds of a task that trains by SCAFFOLD: whatever the weather and whoever crashes, every settled sum is that of survivors whose control
 * variates changed in exactly the rounds that were accepted and counted them (invariants.ts recomputes them from the first round on).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useSynchronousCrypto } from './crypto.ts';
import { simulate } from './faults.ts';
import { SPEC } from './site-parts.ts';

const WORLDS = 40;
const spec = {
  training: { ...SPEC.training, rounds: 5, algorithm: { kind: 'scaffold', sites: 5 } },
} as const;

let restore: () => void;
beforeAll(() => {
  restore = useSynchronousCrypto();
});
afterAll(() => restore());

test(`${WORLDS} worlds keep every control variate in step with the server's`, async () => {
  const failed: string[] = [];
  let [settled, voids] = [0, 0];
  for (let seed = 0; seed < WORLDS; seed++) {
    const report = await simulate(seed, undefined, spec);
    settled += report.settled;
    voids += report.rounds - report.settled;
    if (report.violations.length > 0) failed.push(`seed ${seed}: ${report.violations.join('; ')}`);
  }
  expect(failed).toEqual([]);
  expect(settled).toBeGreaterThan(2 * WORLDS);
  expect(voids).toBeGreaterThan(0);
});
