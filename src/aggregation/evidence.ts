/**
 * Everything public that decides a round: who joined with which keys, the share bundles, the masked vectors, the unmask answers.
 * Whoever has it can recompute the sum and the model; the aggregator, every participant and `murmur verify` gather it here.
 */
import type { Bytes, Hex } from '../core/bytes.ts';
import { equalBytes, fromHex } from '../core/bytes.ts';
import { has, members as indicesOf } from '../core/bitmap.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { Mailbox } from '../protocol/mailbox.ts';
import type { Layout } from '../protocol/layout.ts';
import { layoutBytes } from '../protocol/layout.ts';
import type { MessageOf } from '../protocol/messages.ts';
import { Phase } from '../protocol/phases.ts';
import type { ChainReader, RelayPort } from '../protocol/ports.ts';
import type { Member, RoundView, TaskView } from '../protocol/views.ts';
import { maskContext, roundContext } from '../masking/context.ts';
import { joinDigest } from '../masking/keys.ts';
import { bundleRoot } from '../masking/shares.ts';
import { maskedDigest } from '../masking/mask.ts';

/** Where messages and blobs come from: a relay, over the wire or from inside. */
export type EvidenceSource = Pick<RelayPort, 'messages' | 'blobs'>;

/** The opened join of a member. */
export interface JoinedMember extends Member {
  readonly maskPublicKey: Bytes;
  readonly selfMaskCommitment: Bytes;
}

/** Members with their opened joins, in roster order. Complete once the join phase is over. */
export async function openJoins(args: {
  chain: ChainReader;
  mailbox: Mailbox;
  view: RoundView;
  signal?: AbortSignal | undefined;
}): Promise<readonly JoinedMember[]> {
  const { chain, mailbox, view, signal } = args;
  const [roster, digests] = await Promise.all([
    chain.roster(view.task, view.round, signal),
    chain.digests(view.task, view.round, Phase.Join, signal),
  ]);
  await mailbox.refresh(signal);
  const messages = mailbox.accepted(view.round, Phase.Join, digests);
  return Promise.all(
    roster.map(async (member) => {
      for (const { body } of messages.get(member.registrationId) ?? []) {
        const keys = {
          maskPublicKey: fromHex(body.maskPublicKey, 32),
          selfMaskCommitment: fromHex(body.selfMaskCommitment, 32),
        };
        const digest = await joinDigest({
          ...keys,
          channelKey: member.channelKey,
          sessionKey: fromHex(member.sessionKey, 20),
        });
        if (equalBytes(digest, digests.get(member.registrationId) as Bytes)) return { ...member, ...keys };
      }
      throw new MurmurError('not-found', `the join message of member ${member.index} is not at the relay`, {
        hint: 'It is asked for again until the phase ends; another relay may have it.',
      });
    }),
  );
}

/** ctx of docs/protocol.md, section 5. */
export function contextOf(chain: ChainReader, task: TaskView, view: RoundView, layout: Layout): Promise<Bytes> {
  return roundContext({
    chainId: BigInt(chain.domain.chainId),
    coordinator: fromHex(chain.domain.coordinator, 20),
    task: view.task,
    round: view.round,
    group: 0,
    step: view.step,
    layout,
    baseModel: fromHex(view.baseModel, 32),
    specHash: fromHex(task.specHash, 32),
    rosterHash: fromHex(view.rosterHash, 32),
    beacon: fromHex(view.beacon, 32),
  });
}

/** Fetches what the first candidate that verifies names; undefined when none does. */
async function firstVerified<M>(
  candidates: readonly M[],
  fetchAndCheck: (candidate: M) => Promise<Bytes | undefined>,
): Promise<Bytes | undefined> {
  for (const candidate of candidates) {
    try {
      const bytes = await fetchAndCheck(candidate);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      if (error instanceof MurmurError && error.code === 'cancelled') throw error;
      // Missing or wrong bytes: the next candidate may be right, and the caller treats none as "not here".
    }
  }
  return undefined;
}

/** The share bundle that a dealer's Share record commits to, or undefined when the relay does not have it. */
export function fetchBundle(
  source: EvidenceSource,
  args: {
    context: Bytes;
    dealer: number;
    n: number;
    root: Bytes;
    candidates: readonly MessageOf<3>[];
    signal?: AbortSignal | undefined;
  },
): Promise<Bytes | undefined> {
  return firstVerified(args.candidates, async ({ body }) => {
    const bundle = await source.blobs.get(body.bundle as Hex, args.signal);
    const root = await bundleRoot({ context: args.context, dealer: args.dealer, n: args.n, bundle });
    return equalBytes(root, args.root) ? bundle : undefined;
  });
}

/** The masked vector that a Mask record commits to, or undefined when the relay does not have it. */
export function fetchMasked(
  source: EvidenceSource,
  args: { layout: Layout; digest: Bytes; candidates: readonly MessageOf<5>[]; signal?: AbortSignal | undefined },
): Promise<Bytes | undefined> {
  const sizeBytes = layoutBytes(args.layout);
  return firstVerified(args.candidates, async ({ body }) => {
    if (body.sizeBytes !== sizeBytes) return undefined;
    const bytes = await source.blobs.get(body.blob as Hex, args.signal);
    return bytes.length === sizeBytes && equalBytes(await maskedDigest(bytes), args.digest) ? bytes : undefined;
  });
}

/** All that is needed to take the masks off a round's sum. */
export interface Evidence {
  readonly task: TaskView;
  readonly view: RoundView;
  readonly layout: Layout;
  readonly context: Bytes;
  readonly maskContext: Bytes;
  readonly members: readonly JoinedMember[];
  readonly bundles: ReadonlyMap<number, Bytes>;
  readonly inputs: ReadonlyMap<number, Bytes>;
  readonly answers: ReadonlyMap<number, Bytes>;
}

/**
 * Gathers the evidence of a round whose U3 is fixed. Answers come from the chain where they lie in calldata, else from messages.
 * @throws MurmurError not-found when a survivor's vector, or answers for the threshold, are missing
 */
export async function gatherEvidence(args: {
  chain: ChainReader;
  source: EvidenceSource;
  mailbox: Mailbox;
  task: TaskView;
  view: RoundView;
  layout: Layout;
  /** vectors already here, by index */
  known?: { bundles: ReadonlyMap<number, Bytes>; inputs: ReadonlyMap<number, Bytes> } | undefined;
  signal?: AbortSignal | undefined;
}): Promise<Evidence> {
  const { chain, source, mailbox, task, view, layout, signal } = args;
  const members = await openJoins({ chain, mailbox, view, signal });
  const context = await contextOf(chain, task, view, layout);
  const [dealt, masked] = await Promise.all([
    chain.digests(view.task, view.round, Phase.Share, signal),
    chain.digests(view.task, view.round, Phase.Mask, signal),
  ]);
  const shareMessages = mailbox.accepted(view.round, Phase.Share, dealt);
  const maskMessages = mailbox.accepted(view.round, Phase.Mask, masked);

  const bundles = new Map<number, Bytes>();
  for (const dealer of indicesOf(view.u2)) {
    const bundle =
      args.known?.bundles.get(dealer) ??
      (await fetchBundle(source, {
        context,
        dealer,
        n: view.n,
        root: dealt.get(dealer) as Bytes,
        candidates: shareMessages.get(dealer) ?? [],
        signal,
      }));
    if (bundle !== undefined) bundles.set(dealer, bundle);
  }
  const inputs = new Map<number, Bytes>();
  for (const index of indicesOf(view.u3)) {
    const input =
      args.known?.inputs.get(index) ??
      (await fetchMasked(source, {
        layout,
        digest: masked.get(index) as Bytes,
        candidates: maskMessages.get(index) ?? [],
        signal,
      }));
    if (input === undefined)
      throw new MurmurError('not-found', `the masked vector of member ${index} is not at the relay`);
    inputs.set(index, input);
  }
  return {
    task,
    view,
    layout,
    context,
    maskContext: await maskContext(context, view.u2),
    members,
    bundles,
    inputs,
    answers: await gatherAnswers(chain, mailbox, view, signal),
  };
}

async function gatherAnswers(
  chain: ChainReader,
  mailbox: Mailbox,
  view: RoundView,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Bytes>> {
  const answers = new Map(await chain.answers(view.task, view.round, signal));
  const digests = await chain.digests(view.task, view.round, Phase.Unmask, signal);
  for (const [index, messages] of mailbox.accepted(view.round, Phase.Unmask, digests)) {
    for (const { body } of messages) {
      const answer = fromHex(body.answer);
      if (!answers.has(index) && equalBytes(await sha256(answer), digests.get(index) as Bytes))
        answers.set(index, answer);
    }
  }
  for (const index of [...answers.keys()]) if (!has(view.u3, index)) answers.delete(index);
  if (answers.size < view.threshold) {
    throw new MurmurError('not-found', `${answers.size} unmask answers are known where ${view.threshold} are needed`);
  }
  return answers;
}
