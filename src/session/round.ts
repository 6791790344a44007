/**
 * One round as one participant lives it (docs/protocol.md): join, share, acknowledge, mask, attest, unmask, check, vote.
 * Read {@link takePart} from top to bottom: it is the protocol. What it needs from the world comes in as arguments; whatever it
 * says it has journalled before, so calling it again after a restart goes on where the journal ends.
 */
import { contextOf } from '../aggregation/evidence.ts';
import { roundLayout } from '../aggregation/layouts.ts';
import type { Recomputed } from '../aggregation/recompute.ts';
import { bitmapOf, has, popcount } from '../core/bitmap.ts';
import { type Bytes, fromHex, toHex, uintBytes } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { maskContext } from '../masking/context.ts';
import { packVector } from '../masking/encode.ts';
import { maskKeys } from '../masking/keys.ts';
import { maskedDigest, maskVector } from '../masking/mask.ts';
import { bundleRoot, dealShares, type HeldShare } from '../masking/shares.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { Phase, stepKind, Verdict } from '../protocol/phases.ts';
import { voteDigest } from '../protocol/record.ts';
import type { RoundView, TaskView } from '../protocol/views.ts';
import { LiveRound, RoundOver } from './live-round.ts';
import type { Participant } from './participant.ts';
import { fetchInputs, fetchShares, serveAgain } from './steps/blobs.ts';
import { recompute, waitForCandidate } from './steps/candidate.ts';
import { fetchJoins, finalIndex, findIndex, join, refuseIfForgotten, roundSecrets } from './steps/join.ts';
import { judge, recall, remember } from './steps/memory.ts';
import { speakInPhase } from './steps/speak.ts';
import { unmask } from './steps/unmask.ts';

export interface RoundResult {
  readonly view: RoundView;
  /** the candidate as this participant recomputed it; undefined when it left before the check */
  readonly recomputed: Recomputed | undefined;
  readonly uploadBytes: number;
  /** this participant's place in the roster, -1 when it has none */
  readonly index: number;
}

/**
 * Takes part in the live round.
 * @param base checkpoint whose hash is the round's base model; undefined in the statistics step
 * @returns once the round is over, settled or void
 * @throws MurmurError refused when taking part would break a rule of privacy; timeout when the chain stands still
 */
export async function takePart(
  me: Participant,
  task: TaskView,
  opened: RoundView,
  base: Checkpoint | undefined,
  signal: AbortSignal,
): Promise<RoundResult> {
  const round = new LiveRound(me, task, opened, signal);
  const training = new AbortController();
  const stop = () => training.abort();
  signal.addEventListener('abort', stop, { once: true });
  // Training runs beside the phases; its failure is reported where its result is needed.
  const contribution = recall(round).then((recalled) =>
    me.learner.contribution({
      step: opened.step,
      base,
      baseModel: fromHex(opened.baseModel, 32),
      site: fromHex(me.wallet, 20),
      recalled,
      random: me.random,
      onProgress: me.onTraining,
      signal: training.signal,
    }),
  );
  contribution.catch(() => undefined);
  let uploadBytes = 0;
  let recomputed: Recomputed | undefined;
  const over = async (view: RoundView): Promise<RoundResult> => ({
    view,
    recomputed,
    uploadBytes,
    index: await finalIndex(round),
  });
  try {
    await refuseIfForgotten(round);

    // Whoever cannot afford the round is not missed in it.
    await me.budget?.checkRound(round.view);

    // Join: fresh mask keys, and a commitment to the second mask.
    const secrets = await roundSecrets(round);
    const mask = await maskKeys(secrets.seed);
    await join(round, mask, secrets);

    // Share: both secrets, split over the whole roster.
    let view = await round.reach(Phase.Share);
    const index = await findIndex(round);
    if (index < 0) {
      training.abort();
      return await over(await round.reachEnd());
    }
    const joined = await fetchJoins(round);
    const layout = roundLayout(me.spec, view.step);
    const context = await contextOf(me.chain, task, view, layout);
    const bundle = await round.journal.once('bundle', async () => {
      const channelKeys = joined.map((member) => member.channelKey);
      const dealt = await dealShares({
        context,
        index,
        channel: me.channel,
        channelKeys,
        secrets,
        threshold: view.threshold,
        random: me.random,
      });
      return dealt.bundle;
    });
    await speakInPhase(round, Phase.Share, index, async () => ({
      digest: await bundleRoot({ context, dealer: index, n: view.n, bundle }),
      body: { bundle: toHex(await sha256(bundle)) },
      blob: bundle,
    }));

    // Ack: whose shares arrived and verify.
    view = await round.reach(Phase.Ack);
    const held = new Map<number, HeldShare>();
    const bundles = new Map<number, Bytes>();
    const takeShares = () => fetchShares(round, view, context, index, joined, bundles, held);
    await speakInPhase(round, Phase.Ack, index, async () => {
      await round.collect(takeShares, () => popcount(bitmapOf(held.keys()) & view.dealt) === popcount(view.dealt));
      return { digest: uintBytes(bitmapOf(held.keys()), 32), body: {} };
    });

    // Mask: the one vector that leaves.
    view = await round.reach(Phase.Mask);
    if (!has(view.u2, index)) return await over(await round.reachEnd());
    const maskCtx = await maskContext(context, view.u2);
    const masked = await round.journal.once('masked', async () => {
      const { parts, remembered } = await contribution;
      await remember(round, remembered);
      // From when the vector has left, the others can uncover a sum that holds it.
      await me.budget?.hold(round.view);
      const packed = packVector(layout, parts);
      const maskPublicKeys = joined.map((member) => member.maskPublicKey);
      return maskVector({
        layout,
        packed,
        maskContext: maskCtx,
        u2: view.u2,
        index,
        secrets,
        maskKeys: mask,
        maskPublicKeys,
        signal,
      });
    });
    uploadBytes = masked.length;
    await speakInPhase(round, Phase.Mask, index, async () => ({
      digest: await maskedDigest(masked),
      body: { blob: toHex(await sha256(masked)), sizeBytes: masked.length },
      blob: masked,
    }));

    // Have: whose vectors are really here. They are kept, to be served again until the round is over.
    view = await round.reach(Phase.Have);
    const inputs = new Map<number, Bytes>([[index, masked]]);
    const wanted = view.masked;
    await speakInPhase(round, Phase.Have, index, async () => {
      await round.collect(
        () => fetchInputs(round, view, layout, inputs),
        () => popcount(bitmapOf(inputs.keys()) & wanted) === popcount(wanted),
      );
      return { digest: uintBytes(bitmapOf(inputs.keys()) & wanted, 32), body: {} };
    });

    // Unmask, once.
    view = await round.reach(Phase.Unmask);
    if (has(view.u3, index)) {
      if (held.size < popcount(view.u2)) await takeShares();
      await unmask(round, view, index, joined, held);
    }

    // Check the sum that was posted, or post it if nobody does; then say what one thinks of it.
    view = await round.reach(Phase.Sum);
    await serveAgain(round, [...bundles.values(), ...inputs.values()]);
    const result = await recompute(round, view, base, layout, bundles, inputs);
    if (result !== 'invalid') recomputed = result;
    view = await waitForCandidate(round, view, index, recomputed);
    if (view.phase === Phase.Vote && has(view.u3, index) && result !== undefined) {
      const mine = recomputed;
      await speakInPhase(round, Phase.Vote, index, async () => {
        const agrees = mine !== undefined && view.sumRoot === mine.sumRoot && view.modelHash === mine.modelHash;
        const judged = agrees && base && stepKind(view.step, me.spec.training.rounds) === 'training';
        const verdict = judged ? await judge(round, base, mine.checkpoint) : agrees ? Verdict.Abstain : Verdict.Dispute;
        return { digest: await voteDigest(view.sumRoot, view.modelHash, verdict), body: {} };
      });
    }
    view = await round.reachEnd();
    if (recomputed && recomputed.sumRoot === view.sumRoot)
      await serveAgain(round, [recomputed.packedSum, recomputed.checkpointBytes, ...(await me.start.kept())]);
    return await over(view);
  } catch (error) {
    if (!(error instanceof RoundOver)) throw error;
    return await over(error.view);
  } finally {
    training.abort();
    signal.removeEventListener('abort', stop);
  }
}
