/** The one answer of a round: shares that uncover the sum of the survivors, and nothing else (docs/threat-model.md). */
import type { JoinedMember } from '../../aggregation/evidence.ts';
import { has, members as indicesOf, popcount } from '../../core/bitmap.ts';
import { bytesToBigInt, toHex, utf8 } from '../../core/bytes.ts';
import { MurmurError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { HeldShare } from '../../masking/shares.ts';
import { buildAnswer } from '../../masking/unmask.ts';
import { Phase, stepKind } from '../../protocol/phases.ts';
import type { RoundView } from '../../protocol/views.ts';
import type { LiveRound } from '../live-round.ts';
import { checkNoise, checkRelease, readReleases, spendRelease } from '../releases.ts';
import { speakInPhase } from './speak.ts';

/**
 * Answers once: only for survivors that two endpoints agree on, only if enough survive, only if no earlier release forbids it;
 * and never both kinds of share of one member, because the journalled answer is the only one there will ever be.
 */
export async function unmask(
  round: LiveRound,
  view: RoundView,
  index: number,
  joined: readonly JoinedMember[],
  held: ReadonlyMap<number, HeldShare>,
): Promise<void> {
  const { me } = round;
  const { u2, u3, blockHash } = await round.patiently(() => me.chain.survivors(me.task, round.number, round.signal));
  const needed = Math.max(view.threshold, view.corrupt + 2, round.task.parameters.survivorFloor);
  if (u2 !== view.u2 || u3 !== view.u3 || !has(u3, index) || popcount(u3) < needed) {
    throw new MurmurError('refused', 'the chain shows two different sets of survivors, so nothing is unmasked', {
      hint: 'One of the chain endpoints lies or lags. Check the endpoints before the next round.',
    });
  }
  checkNoise(me.spec, popcount(u3) - view.corrupt);
  const release = {
    round: round.number,
    kind: stepKind(view.step, me.spec.training.rounds),
    model: view.baseModel,
    survivors: indicesOf(u3)
      .map((survivor) => (joined[survivor] as JoinedMember).wallet.toLowerCase())
      .sort(),
  };
  checkRelease(me.spec, await readReleases(me.journal, me.task), release);
  const answer = await round.journal.once('answer', async () => {
    await round.journal.once('unmask-block', () => utf8(blockHash));
    await me.budget?.spend(view);
    await spendRelease(me.journal, me.task, release);
    return buildAnswer({ u2, u3, held });
  });
  const answered = { u2: bytesToBigInt(answer.subarray(0, 32)), u3: bytesToBigInt(answer.subarray(32, 64)) };
  if (answered.u2 !== u2 || answered.u3 !== u3) {
    throw new MurmurError('refused', 'this round was answered before for other survivors; there is no second answer');
  }
  await speakInPhase(
    round,
    Phase.Unmask,
    index,
    async () => ({ digest: await sha256(answer), body: { answer: toHex(answer) } }),
    [answer],
  );
}
