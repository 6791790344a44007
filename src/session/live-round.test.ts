import { describe, expect, test } from 'vitest';
import { MemoryJournal } from '../../tests/simulation/site-parts.ts';
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, MurmurError } from '../core/errors.ts';
import { Phase } from '../protocol/phases.ts';
import type { RoundView, TaskView } from '../protocol/views.ts';
import { LiveRound, RoundOver } from './live-round.ts';
import type { Participant } from './participant.ts';

const PHASE_SECONDS = 30;
const POLL_MS = 1000;
const parameters = { joinSeconds: 30, beaconSeconds: 30, phaseSeconds: PHASE_SECONDS };

/** A round that the chain shows poll by poll: a phase, or the code of a failure; the last one for ever. */
function roundThatShows(...shown: (Phase | ErrorCode)[]) {
  let nowMs = 0;
  let polls = 0;
  const { signal } = new AbortController();
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (durationMs) => void (nowMs += durationMs),
  };
  const opened = { round: 1, phase: Phase.Join, phaseEndsAt: PHASE_SECONDS } as RoundView;
  const chain = {
    round: async () => {
      const next = shown[Math.min(polls++, shown.length - 1)] as Phase | ErrorCode;
      if (typeof next === 'string') throw new MurmurError(next, 'as the test wants it');
      return { ...opened, phase: next };
    },
  };
  const journal = new MemoryJournal().open(signal);
  const me = { task: 1n, journal, chain, clock, pollMs: POLL_MS, onView: () => undefined } as unknown as Participant;
  const live = new LiveRound(me, { parameters } as TaskView, opened, signal);
  return { live, polls: () => polls, now: () => nowMs };
}

const fails = (code: ErrorCode) => async () => {
  throw new MurmurError(code, 'as the test wants it');
};

describe('waiting for a phase', () => {
  test('outlasts an endpoint that does not answer, and takes a later phase for it', async () => {
    const { live, polls } = roundThatShows('unreachable', Phase.Join, Phase.Ack);
    expect((await live.reach(Phase.Share)).phase).toBe(Phase.Ack);
    expect(polls()).toBe(3);
  });

  test.each([Phase.Settled, Phase.Void])('leaves a round that is over: %s', async (phase) => {
    const { live } = roundThatShows(phase);
    await expect(live.reach(Phase.Share)).rejects.toBeInstanceOf(RoundOver);
    expect((await live.reachEnd()).phase).toBe(phase);
  });

  test('ends where the chain stands still', async () => {
    const { live, now } = roundThatShows(Phase.Join);
    await expect(live.reachEnd()).rejects.toMatchObject({ code: 'timeout' });
    // Twice the join, the beacon and ten phases of 30 s.
    expect(now()).toBe((2 * 12 * 30 + 1) * 1000);
  });

  test('does not hide what waiting cannot mend', async () => {
    const { live } = roundThatShows('bad-input');
    await expect(live.reach(Phase.Share)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('collecting', () => {
  test('tries until it is done', async () => {
    const { live, polls } = roundThatShows(Phase.Join);
    let tries = 0;
    await live.collect(
      async () => void tries++,
      () => tries === 3,
    );
    expect([tries, polls()]).toEqual([3, 2]);
  });

  test('gives up after two thirds of the phase, and when the phase is over', async () => {
    const slow = roundThatShows(Phase.Join);
    await slow.live.collect(fails('not-found'), () => false);
    expect(slow.now()).toBe(20_000);
    const over = roundThatShows(Phase.Join, Phase.Beacon);
    await over.live.collect(fails('not-found'), () => false);
    expect(over.now()).toBe(2 * POLL_MS);
  });
});

describe('patience', () => {
  test('asks until there is an answer, undefined being one', async () => {
    const { live } = roundThatShows(Phase.Join);
    let asked = 0;
    const ask = async () => (++asked < 3 ? fails('unreachable')() : undefined);
    expect(await live.patiently(ask)).toBeUndefined();
    expect(asked).toBe(3);
  });

  test('leaves with the round', async () => {
    const { live } = roundThatShows(Phase.Join, Phase.Void);
    await expect(live.patiently(fails('unreachable'))).rejects.toBeInstanceOf(RoundOver);
  });

  test('tolerates a refusal only where that is said', async () => {
    const { live } = roundThatShows(Phase.Join);
    await expect(live.tolerating(fails('refused'))).rejects.toMatchObject({ code: 'refused' });
    await expect(live.tolerating(fails('refused'), 'refused')).resolves.toBeUndefined();
  });
});
