/** The round's candidate: everybody computes it from the evidence, and when nobody posts it, a member does. */
import { gatherEvidence } from '../../aggregation/evidence.ts';
import { type Recomputed, recomputeRound } from '../../aggregation/recompute.ts';
import type { Bytes } from '../../core/bytes.ts';
import { hasCode } from '../../core/errors.ts';
import type { Layout } from '../../protocol/layout.ts';
import type { Checkpoint } from '../../model/checkpoint.ts';
import { Phase } from '../../protocol/phases.ts';
import type { RoundView } from '../../protocol/views.ts';
import type { LiveRound } from '../live-round.ts';

/**
 * The candidate as this participant computes it; undefined when what it needs cannot be had in time.
 * @returns 'invalid' for a sum that was taken apart and failed its checks: whatever candidate is posted is wrong
 */
export async function recompute(
  round: LiveRound,
  view: RoundView,
  base: Checkpoint | undefined,
  layout: Layout,
  bundles: ReadonlyMap<number, Bytes>,
  inputs: ReadonlyMap<number, Bytes>,
): Promise<Recomputed | 'invalid' | undefined> {
  const { chain, relay, mailbox, spec, start: startFile } = round.me;
  let recomputed: Recomputed | 'invalid' | undefined;
  await round.collect(
    async () => {
      const known = { bundles, inputs };
      const start = base === undefined ? await startFile.weights(round.signal) : undefined;
      const evidence = await gatherEvidence({
        chain,
        source: relay,
        mailbox,
        task: round.task,
        view,
        layout,
        known,
        signal: round.signal,
      });
      try {
        recomputed = await recomputeRound({ spec, evidence, base, start, signal: round.signal });
      } catch (error) {
        if (!hasCode(error, 'void')) throw error;
        recomputed = 'invalid';
      }
    },
    () => recomputed !== undefined,
  );
  return recomputed;
}

/**
 * Waits for the candidate. A relay that sits on the answers gains nothing: from half of the phase on members post the sum
 * themselves, one after the other in roster order.
 */
export async function waitForCandidate(
  round: LiveRound,
  view: RoundView,
  index: number,
  mine: Recomputed | undefined,
): Promise<RoundView> {
  const { me, phaseMs } = round;
  const startsAtMs = view.phaseEndsAt * 1000 - phaseMs;
  const myTurnMs = startsAtMs + phaseMs * (0.5 + (0.4 * Math.max(0, index)) / view.n);
  let tried = false;
  while (round.view.phase === Phase.Sum) {
    if (mine && !tried && me.clock.now() >= myTurnMs) {
      tried = true;
      await round.tolerating(async () => {
        await me.relay.blobs.put(mine.packedSum, round.signal);
        await me.relay.blobs.put(mine.checkpointBytes, round.signal);
      });
      await round.tolerating(
        () => me.chain.postSum(me.task, round.number, mine.sumRoot, mine.modelHash, round.signal),
        'refused',
      );
    }
    await round.poll();
  }
  return round.view;
}
