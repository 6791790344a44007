/** Worlds of a task with user-level privacy: it runs to its end without statistics, scores and verdicts, and stops where noise would be short. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/random.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { checkTaskSpec } from '../../src/protocol/task-spec.ts';
import { fewestHonest } from '../../src/protocol/threshold.ts';
import { hashOf } from './contract-twin.ts';
import { useSynchronousCrypto } from './crypto.ts';
import { SPEC } from './site-parts.ts';
import { World } from './world.ts';

let restore: () => void;
beforeAll(() => {
  restore = useSynchronousCrypto();
});
afterAll(() => restore());

async function run(seed: number, honest: number): Promise<World> {
  const random = new SeededRandom(hashOf(`murmur/privacy/${seed}`));
  const world = await World.begin({
    seed,
    siteCount: 3 + (seed % 3),
    allowListed: false,
    weather: { loss: random.uniform() * 0.1, doubling: 0.1, maxDelayMs: 500 },
    spec: checkTaskSpec({
      ...SPEC,
      masking: { ...SPEC.masking, clipNorm: 1, updateWidth: 18, updateFractionBits: 10 },
      evaluation: { ...SPEC.evaluation, release: 'off' },
      privacy: { kind: 'user', noiseMultiplier: 1, delta: 1e-5, honest },
    }),
  });
  await world.end();
  return world;
}

describe('a task with noise for participants', () => {
  it('settles every step at every site alike', async () => {
    for (const seed of [1, 2, 3]) {
      const world = await run(seed, 2);
      expect(fewestHonest(world.parameters)).toBe(2);
      expect(world.failures).toEqual([]);
      expect(world.twin.status).toBe('finished');
      const settled = world.twin.rounds.filter(({ state }) => state.phase === Phase.Settled);
      expect(settled.map(({ state }) => [state.step, state.accepted])).toEqual(
        [0, 1, 2, 3].map((step) => [step, true]),
      );
      for (const site of world.sites) expect(site.status?.modelHash).toBe(world.twin.modelHash);
    }
  });

  it('unmasks nothing where too few are sure to be honest', async () => {
    const world = await run(0, 8);
    expect(world.twin.status).toBe('failed');
    expect(world.twin.rounds.every(({ answers }) => answers.size === 0)).toBe(true);
  });
});
