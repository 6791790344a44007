/**
 * What a round meets in real life, on the real chain and relay: sites that leave in each phase, sites and relays that restart in each
 * phase. Every fault is played in a round that all four joined, and that round must settle.
 */
import { afterEach, expect, test } from 'vitest';
import { members } from '../../src/core/bitmap.ts';
import { Phase, phaseName } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { voidWords } from '../../src/session/round.ts';
import { Cohort } from './cohort.ts';

const PHASES = [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;

let cohort: Cohort | undefined;
afterEach(async () => {
  await cohort?.end();
  cohort = undefined;
}, 60_000);

/** In every phase, in a round of its own: the fault, then the round must settle, then what follows. */
async function inEveryPhase(
  world: Cohort,
  fault: () => Promise<void>,
  check: (view: RoundView) => Promise<void>,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<void> {
  let round = 1;
  for (const phase of PHASES) {
    round = await world.fullRound(round);
    await world.reaches(round, phase);
    await fault();
    const view = await world.reaches(round, Phase.Settled);
    expect(voidWords(view.voidReason), `the round with the fault in the phase ${phaseName(phase)}`).toBe('');
    await check(view);
    await afterwards();
    round += 1;
  }
}

async function endsWell(world: Cohort): Promise<void> {
  const view = await world.ends();
  expect(view.status).toBe('finished');
  await world.everybodyKnows();
  const verification = await world.verify();
  expect(verification.matches).toBe(true);
  expect(verification.recomputedModelHash).toBe(view.modelHash);
  for (const status of world.statuses) if (status?.state === 'finished') expect(status.modelHash).toBe(view.modelHash);
}

test('a site that leaves in any phase is survived, also the last one awaited', async () => {
  const world = (cohort = await Cohort.begin(5, { joinSeconds: 6, phaseSeconds: 8, beaconSeconds: 20 }));
  await world.startAll();
  await inEveryPhase(
    world,
    () => world.stop(3),
    async (view) => expect(members(view.u3).length).toBeGreaterThanOrEqual(3),
    () => world.start(3),
  );
  await endsWell(world);
}, 400_000);

test('one that joins and stays silent from the start costs a deadline, not the round', async () => {
  const world = (cohort = await Cohort.begin(1, { joinSeconds: 6, phaseSeconds: 8, beaconSeconds: 20 }));
  await world.startAll();
  const round = await world.fullRound(1);
  const silent = await world.rosterIndex(round, 0);
  await world.stop(0);
  const settled = await world.reaches(round, Phase.Settled);
  expect(voidWords(settled.voidReason)).toBe('');
  expect(members(settled.u3).length).toBeGreaterThanOrEqual(3);
  expect(settled.answered & (1n << BigInt(silent))).toBe(0n);
  await endsWell(world);
}, 300_000);

test('a site that restarts in any phase goes on in the same round', async () => {
  const world = (cohort = await Cohort.begin(5, { joinSeconds: 6, phaseSeconds: 20, beaconSeconds: 20 }));
  await world.startAll();
  await inEveryPhase(
    world,
    async () => {
      await world.stop(1);
      await world.start(1);
    },
    async (view) => expect(members(view.u3)).toContain(await world.rosterIndex(view.round, 1)),
  );
  await endsWell(world);
}, 400_000);

test('a relay that restarts in any phase loses nothing', async () => {
  const world = (cohort = await Cohort.begin(5, { joinSeconds: 6, phaseSeconds: 20, beaconSeconds: 20 }));
  await world.startAll();
  await inEveryPhase(
    world,
    () => world.restartRelay(),
    async (view) => expect(members(view.u3)).toHaveLength(4),
  );
  await endsWell(world);
}, 400_000);
