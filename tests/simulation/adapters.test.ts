/**
 * Worlds of a task that trains an adapter of a given model, and of one whose sites keep their own last layer: whatever the weather and
 * whoever crashes, every settled sum is that of survivors whose private layers changed in exactly the rounds that were accepted and counted
 * them (invariants.ts recomputes them from the first round on).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeStart, writeStart } from '../../src/model/start.ts';
import { weightLayout } from '../../src/model/spec.ts';
import type { ModelSpec } from '../../src/protocol/model-spec.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { useSynchronousCrypto } from './crypto.ts';
import { simulate } from './faults.ts';
import { SPEC } from './site-parts.ts';

const WORLDS = 15;
const training = { ...SPEC.training, rounds: 5 };
const hidden = { kind: 'dense', units: 4, activation: 'tanh' } as const;
const head = { kind: 'dense', units: 1, activation: 'sigmoid' } as const;

let restore: () => void;
beforeAll(() => {
  restore = useSynchronousCrypto();
});
afterAll(() => restore());

/** What was wrong in any world, and whether rounds settled and were void. */
async function runs(spec: Partial<TaskSpec>, start?: Uint8Array<ArrayBuffer>) {
  const failed: string[] = [];
  let [settled, voids] = [0, 0];
  for (let seed = 0; seed < WORLDS; seed++) {
    const report = await simulate(seed, undefined, spec, start);
    settled += report.settled;
    voids += report.rounds - report.settled;
    if (report.violations.length > 0) failed.push(`seed ${seed}: ${report.violations.join('; ')}`);
  }
  return { failed, manySettled: settled > 2 * WORLDS, someVoid: voids > 0 };
}
const GOOD = { failed: [], manySettled: true, someVoid: true };

test(`${WORLDS} worlds adapt a given model`, async () => {
  const bare: ModelSpec = {
    layers: [hidden, hidden, head],
    adapter: { kind: 'lora', rank: 1, alpha: 2, head: 'trained' },
  };
  const use = { ...SPEC, model: bare };
  const start = writeStart(
    use,
    Float32Array.from({ length: weightLayout(use).length }, (_, i) => (i % 7) / 7 - 0.4),
  );
  const model = { ...bare, start: await describeStart(use, start) };
  expect(await runs({ training, model }, start)).toEqual(GOOD);
}, 400_000);

test(`${WORLDS} worlds keep every site's own last layer, with SCAFFOLD's control variates beside it`, async () => {
  const model: ModelSpec = { layers: [hidden, head], private: [1] };
  const scaffold = { ...training, algorithm: { kind: 'scaffold', sites: 5 } } as const;
  expect(await runs({ training: scaffold, model })).toEqual(GOOD);
}, 400_000);
