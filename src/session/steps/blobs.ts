/**
 * The bytes of a round that members hold for each other: bundles of shares and masked vectors are fetched, checked against what the chain
 * says of them, and given back to a relay that lost them.
 */
import { fetchBundle, fetchMasked, type JoinedMember } from '../../aggregation/evidence.ts';
import { members as indicesOf } from '../../core/bitmap.ts';
import { type Bytes, toHex } from '../../core/bytes.ts';
import { hasCode } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { type HeldShare, openShare } from '../../masking/shares.ts';
import type { Layout } from '../../protocol/layout.ts';
import { Phase } from '../../protocol/phases.ts';
import type { RoundView } from '../../protocol/views.ts';
import type { LiveRound } from '../live-round.ts';

/** Fetches and opens the shares that dealers sent to this participant; bad or missing ones are left out, without penalty. */
export async function fetchShares(
  round: LiveRound,
  view: RoundView,
  context: Bytes,
  index: number,
  joined: readonly JoinedMember[],
  bundles: Map<number, Bytes>,
  held: Map<number, HeldShare>,
): Promise<void> {
  const { chain, relay, mailbox, channel } = round.me;
  const roots = await chain.digests(round.me.task, round.number, Phase.Share, round.signal);
  await mailbox.refresh(round.signal);
  const messages = mailbox.accepted(round.number, Phase.Share, roots);
  await Promise.all(
    [...roots].map(async ([dealer, root]) => {
      if (held.has(dealer)) return;
      const candidates = messages.get(dealer) ?? [];
      const bundle = await fetchBundle(relay, {
        context,
        dealer,
        n: view.n,
        root,
        candidates,
        signal: round.signal,
      });
      if (bundle === undefined) return;
      bundles.set(dealer, bundle);
      const { channelKey: dealerChannelKey, maskPublicKey: dealerMaskKey } = joined[dealer] as JoinedMember;
      try {
        held.set(
          dealer,
          await openShare({
            context,
            dealer,
            index,
            channel,
            dealerChannelKey,
            dealerMaskKey,
            bundle,
            root,
            members: view.n,
          }),
        );
      } catch (error) {
        if (!hasCode(error, 'bad-share', 'bad-hash', 'bad-input')) throw error;
      }
    }),
  );
}

/** Fetches the masked vectors of members that posted a root. */
export async function fetchInputs(
  round: LiveRound,
  view: RoundView,
  layout: Layout,
  inputs: Map<number, Bytes>,
): Promise<void> {
  const { chain, relay, mailbox } = round.me;
  const digests = await chain.digests(round.me.task, round.number, Phase.Mask, round.signal);
  await mailbox.refresh(round.signal);
  const messages = mailbox.accepted(round.number, Phase.Mask, digests);
  await Promise.all(
    indicesOf(view.masked).map(async (member) => {
      const digest = digests.get(member);
      if (inputs.has(member) || digest === undefined) return;
      const input = await fetchMasked(relay, {
        layout,
        digest,
        candidates: messages.get(member) ?? [],
        signal: round.signal,
      });
      if (input !== undefined) inputs.set(member, input);
    }),
  );
}

/** Puts back what the relay lost: members re-serve what they attested to have, and the sum and model they agreed to. */
export async function serveAgain(round: LiveRound, blobs: readonly Bytes[]): Promise<void> {
  for (const bytes of blobs) {
    await round.tolerating(async () => {
      const { blobs: store } = round.me.relay;
      if (!(await store.has(toHex(await sha256(bytes)), round.signal))) await store.put(bytes, round.signal);
    });
  }
}
