/**
 * What a round meets in real life, on the real chain and relay: sites that leave in each phase, sites and relays that restart in each
 * phase. Every fault is played in a round that all four joined, and that round must settle.
 */
import { expect, test } from 'vitest';
import { members } from '../../src/core/bitmap.ts';
import { Phase, phaseName } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { voidWords } from '../../src/protocol/phases.ts';
import { Cohort } from './cohort.ts';

const EVERY_PHASE = [
  Phase.Join,
  Phase.Beacon,
  Phase.Share,
  Phase.Ack,
  Phase.Mask,
  Phase.Have,
  Phase.Unmask,
  Phase.Sum,
  Phase.Vote,
] as const;
const LEAVING_PHASES = [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;

const TIMEOUT_MS = 600_000;

/** Plays in a world of its own, to the task's end. The worlds wait far more than they compute, so they run side by side. */
async function inWorld(
  { trainingRounds, phaseSeconds }: { trainingRounds: number; phaseSeconds: number },
  play: (world: Cohort) => Promise<void>,
): Promise<string> {
  const world = await Cohort.begin(trainingRounds, { joinSeconds: 12, phaseSeconds, beaconSeconds: 20 });
  try {
    await world.startAll();
    await play(world);
    return await endsWell(world);
  } finally {
    await world.end();
  }
}

/** In every phase, in a round of its own: the fault, then the round must settle, then what follows. */
async function inEveryPhase(
  world: Cohort,
  phases: readonly Phase[],
  fault: () => Promise<void>,
  check: (view: RoundView) => Promise<void>,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<void> {
  let round = 1;
  for (const phase of phases) {
    // While joins are open, who will be there is not known yet.
    if (phase !== Phase.Join) round = await world.fullRound(round);
    await world.reaches(round, phase);
    await fault();
    const view = await world.reaches(round, Phase.Settled);
    expect(voidWords(view.voidReason), `the round with the fault in the phase ${phaseName(phase)}`).toBe('');
    await check(view);
    await afterwards();
    round += 1;
  }
}

/** The task's status once it is over, and all hold the model that its rounds give. */
async function endsWell(world: Cohort): Promise<string> {
  const view = await world.ends();
  await world.everybodyKnows();
  const verification = await world.verify();
  expect(verification.matches).toBe(true);
  expect(verification.recomputedModelHash).toBe(view.modelHash);
  const hashes = world.statuses.filter((status) => status?.state === 'finished').map((status) => status?.modelHash);
  expect(new Set(hashes)).toEqual(new Set([view.modelHash]));
  return view.status;
}

test.concurrent(
  'a site that leaves in any phase is survived, also the last one awaited',
  async () => {
    const status = await inWorld({ trainingRounds: 5, phaseSeconds: 16 }, (world) =>
      inEveryPhase(
        world,
        LEAVING_PHASES,
        () => world.stop(3),
        async (view) => expect(members(view.u3).length).toBeGreaterThanOrEqual(3),
        () => world.start(3),
      ),
    );
    expect(status).toBe('finished');
  },
  TIMEOUT_MS,
);

test.concurrent(
  'one that joins and stays silent from the start costs a deadline, not the round',
  async () => {
    const status = await inWorld({ trainingRounds: 1, phaseSeconds: 16 }, async (world) => {
      const round = await world.fullRound(1);
      const silent = await world.rosterIndex(round, 0);
      await world.stop(0);
      const settled = await world.reaches(round, Phase.Settled);
      expect(voidWords(settled.voidReason)).toBe('');
      expect(members(settled.u3).length).toBeGreaterThanOrEqual(3);
      expect(members(settled.answered)).not.toContain(silent);
    });
    expect(status).toBe('finished');
  },
  TIMEOUT_MS,
);

test.concurrent(
  'a site that restarts in any phase goes on in the same round',
  async () => {
    const status = await inWorld({ trainingRounds: 8, phaseSeconds: 20 }, (world) =>
      inEveryPhase(
        world,
        EVERY_PHASE,
        async () => {
          await world.stop(1);
          await world.start(1);
        },
        async (view) => expect(members(view.u3)).toContain(await world.rosterIndex(view.round, 1)),
      ),
    );
    expect(status).toBe('finished');
  },
  TIMEOUT_MS,
);

test.concurrent(
  'a relay that restarts in any phase loses nothing',
  async () => {
    const status = await inWorld({ trainingRounds: 8, phaseSeconds: 20 }, (world) =>
      inEveryPhase(
        world,
        EVERY_PHASE,
        () => world.restartRelay(),
        async (view) => expect(members(view.u3)).toHaveLength(4),
      ),
    );
    expect(status).toBe('finished');
  },
  TIMEOUT_MS,
);
