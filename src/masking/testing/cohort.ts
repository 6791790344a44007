/**
 * A whole masked round in memory, without relay and chain: what the tests of the masking and its bench run.
 * Randomness is seeded; `Cohort` holds what each member would hold.
 */
import type { Bytes } from '../../core/bytes.ts';
import { bitmapOf, members, type Bitmap } from '../../core/bitmap.ts';
import { sha256 } from '../../core/hash.ts';
import { SeededRandom, type RandomBytes } from '../../core/random.ts';
import { utf8 } from '../../core/bytes.ts';
import type { Layout } from '../../protocol/layout.ts';
import { maskContext, roundContext, type RoundIdentity } from '../context.ts';
import {
  commitSelfMask,
  createRoundSecrets,
  generateChannelKeys,
  maskKeys,
  type RoundSecrets,
  type X25519KeyPair,
} from '../keys.ts';
import { maskVector } from '../mask.ts';
import { dealShares, openShare, type HeldShare } from '../shares.ts';
import { shareThreshold } from '../../protocol/threshold.ts';
import { buildAnswer, unmaskSum } from '../unmask.ts';

export interface TestMember {
  readonly channel: X25519KeyPair;
  readonly channelSecret: Bytes;
  readonly secrets: RoundSecrets;
  readonly keys: X25519KeyPair;
  readonly selfMaskCommitment: Bytes;
}

export interface Cohort {
  readonly n: number;
  readonly threshold: number;
  readonly layout: Layout;
  readonly context: Bytes;
  readonly people: readonly TestMember[];
  readonly channelKeys: readonly Bytes[];
  readonly maskPublicKeys: readonly Bytes[];
  readonly selfMaskCommitments: readonly Bytes[];
  readonly bundles: ReadonlyMap<number, Bytes>;
  readonly roots: readonly Bytes[];
  readonly random: RandomBytes;
}

export function seededBytes(random: SeededRandom): RandomBytes {
  return (lengthBytes) => Uint8Array.from({ length: lengthBytes }, () => random.below(256));
}

export async function seededRandom(text: string): Promise<SeededRandom> {
  return new SeededRandom(await sha256(utf8(text)));
}

/** A round identity whose fields can be overridden. */
export function testRound(layout: Layout, change: Partial<RoundIdentity> = {}): RoundIdentity {
  const filled = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
  return {
    chainId: 31337,
    coordinator: filled(0xc0, 20),
    task: 1n,
    round: 1,
    group: 0,
    step: 1,
    layout,
    baseModel: filled(1),
    specHash: filled(2),
    rosterHash: filled(3),
    beacon: filled(4),
    ...change,
  };
}

/** n members who joined and dealt their shares. */
export async function makeCohort(seed: string, n: number, layout: Layout, corruptBps = 1000): Promise<Cohort> {
  const random = seededBytes(await seededRandom(seed));
  const context = await roundContext(testRound(layout));
  const threshold = shareThreshold(n, corruptBps);
  const people: TestMember[] = [];
  for (let i = 0; i < n; i++) {
    const { pair: channel, secret: channelSecret } = await generateChannelKeys(random);
    const secrets = createRoundSecrets(random);
    people.push({
      channel,
      channelSecret,
      secrets,
      keys: await maskKeys(secrets.seed),
      selfMaskCommitment: await commitSelfMask(secrets.selfMask),
    });
  }
  const channelKeys = people.map(({ channel }) => channel.publicKey);
  const dealt = [];
  for (const [index, { channel, secrets }] of people.entries()) {
    dealt.push(await dealShares({ context, index, channel, channelKeys, secrets, threshold, random }));
  }
  return {
    n,
    threshold,
    layout,
    context,
    people,
    channelKeys,
    random,
    maskPublicKeys: people.map(({ keys }) => keys.publicKey),
    selfMaskCommitments: people.map(({ selfMaskCommitment }) => selfMaskCommitment),
    bundles: new Map(dealt.map(({ bundle }, i) => [i, bundle])),
    roots: dealt.map(({ root }) => root),
  };
}

/** What member `index` holds of the dealers in U2. */
export async function openAll(cohort: Cohort, index: number, u2: Bitmap): Promise<Map<number, HeldShare>> {
  const held = new Map<number, HeldShare>();
  for (const dealer of members(u2)) {
    held.set(
      dealer,
      await openShare({
        context: cohort.context,
        dealer,
        index,
        members: cohort.n,
        channel: (cohort.people[index] as TestMember).channel,
        dealerChannelKey: cohort.channelKeys[dealer] as Bytes,
        bundle: cohort.bundles.get(dealer) as Bytes,
        root: cohort.roots[dealer] as Bytes,
      }),
    );
  }
  return held;
}

export async function maskOne(
  cohort: Cohort,
  index: number,
  u2: Bitmap,
  packed: Bytes,
  context = cohort.context,
): Promise<Bytes> {
  const person = cohort.people[index] as TestMember;
  return maskVector({
    layout: cohort.layout,
    packed,
    maskContext: await maskContext(context, u2),
    u2,
    index,
    secrets: person.secrets,
    maskKeys: person.keys,
    maskPublicKeys: cohort.maskPublicKeys,
  });
}

/** Masks, drops, answers and sums: `packed` by member of U2; only members of `answering` (inside U3) answer. */
export async function runRound(
  cohort: Cohort,
  u2Indices: readonly number[],
  u3Indices: readonly number[],
  answering: readonly number[],
  packed: ReadonlyMap<number, Bytes>,
): Promise<Bytes> {
  const u2 = bitmapOf(u2Indices);
  const u3 = bitmapOf(u3Indices);
  const inputs = new Map<number, Bytes>();
  for (const u of u3Indices) inputs.set(u, await maskOne(cohort, u, u2, packed.get(u) as Bytes));
  const answers = new Map<number, Bytes>();
  for (const u of answering) answers.set(u, buildAnswer({ u2, u3, held: await openAll(cohort, u, u2) }));
  const { packedSum, discardedAnswers } = await unmaskSum({
    ...sumInputs(cohort),
    maskContext: await maskContext(cohort.context, u2),
    u2,
    u3,
    inputs,
    answers,
  });
  if (discardedAnswers.length > 0) throw new Error(`honest answers discarded: ${discardedAnswers}`);
  return packedSum;
}

/** The arguments of unmaskSum that do not depend on who survived. */
export function sumInputs(cohort: Cohort) {
  const { layout, context, threshold, maskPublicKeys, selfMaskCommitments, bundles } = cohort;
  return { layout, context, threshold, maskPublicKeys, selfMaskCommitments, bundles };
}
