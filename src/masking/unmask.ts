/**
 * Unmask answers, and the sum that any t of them open (docs/protocol.md, sections 9 and 10).
 *
 * An answer holds exactly one share a member: of the self mask when the member survived, else of the seed; the format has
 * no room for both. Whoever holds t answers can compute this round's sum and nothing finer. The sum is canonical: everybody
 * who has the same survivors and inputs gets the same bytes, whichever answers they used.
 */
import { ByteReader, bytesToBigInt, concatBytes, equalBytes, uintBytes, type Bytes } from '../core/bytes.ts';
import { has, members, type Bitmap } from '../core/bitmap.ts';
import { MurmurError, check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { layoutBytes, type Layout } from '../protocol/layout.ts';
import { checkPadding } from './encode.ts';
import { commitSelfMask, maskKeys, type X25519KeyPair } from './keys.ts';
import { pairStreamKey, selfStreamKey } from './mask.ts';
import { combine, type IndexedShare } from './shamir.ts';
import { parseBundle, shareLeaf, type BundleEntry, type HeldShare } from './shares.ts';
import { splitJob, sumStreams, type KeyStream, type StreamJob } from './stream.ts';

const SHARE_BYTES = 32;
const SALT_BYTES = 16;
/** Jobs that a sum is cut into when the caller brings its own runner. */
const JOBS = 8;

export interface UnmaskAnswer {
  readonly u2: Bitmap;
  readonly u3: Bitmap;
  /** one opening by member of U2, of the self mask for members of U3, of the seed for the others; zeros are left out */
  readonly openings: ReadonlyMap<number, { readonly share: Bytes; readonly salt: Bytes }>;
}

/** Runs jobs, e.g. on worker threads, and gives their results in the same order. Each job is done by `sumStreams(job)`. */
export type RunJobs = (jobs: readonly StreamJob[]) => Promise<readonly Bytes[]>;

function checkSets(u2: Bitmap, u3: Bitmap): void {
  check(u2 > 0n && u2 >> 256n === 0n, 'U2 is empty or no bitmap');
  check(u3 > 0n && (u3 & ~u2) === 0n, 'U3 is empty or not inside U2');
}

/**
 * This member's answer. Send one per round, after the journal has it; a second one for another U3 would give both kinds of
 * share of some member away.
 * @param held the opened shares by dealer; where one is missing (a dealer that this member did not acknowledge) the answer has zeros
 */
export function buildAnswer({ u2, u3, held }: { u2: Bitmap; u3: Bitmap; held: ReadonlyMap<number, HeldShare> }): Bytes {
  checkSets(u2, u3);
  const parts = members(u2).map((v) => {
    const share = held.get(v);
    if (!share) return new Uint8Array(SHARE_BYTES + SALT_BYTES);
    return has(u3, v) ? concatBytes(share.selfShare, share.selfSalt) : concatBytes(share.seedShare, share.seedSalt);
  });
  return concatBytes(uintBytes(u2, 32), uintBytes(u3, 32), ...parts);
}

/** @param n roster size @throws MurmurError bad-input */
export function parseAnswer(bytes: Uint8Array, n: number): UnmaskAnswer {
  const reader = new ByteReader(bytes);
  const u2 = bytesToBigInt(reader.take(32));
  const u3 = bytesToBigInt(reader.take(32));
  checkSets(u2, u3);
  check(u2 >> BigInt(n) === 0n, 'U2 has a member outside the roster');
  const openings = new Map<number, { readonly share: Bytes; readonly salt: Bytes }>();
  for (const v of members(u2)) {
    const opening = { share: reader.take(SHARE_BYTES), salt: reader.take(SALT_BYTES) };
    if (bytesToBigInt(opening.share) !== 0n || bytesToBigInt(opening.salt) !== 0n) openings.set(v, opening);
  }
  reader.end();
  return { u2, u3, openings };
}

/** The H of section 10: digest by which a posted sum is named. */
export function sumRoot(packedSum: Bytes): Promise<Bytes> {
  return sha256(packedSum);
}

/** The answer when it is for these sets and all its openings are what the dealers committed to, else undefined. */
async function verifiedAnswer(
  bytes: Bytes,
  from: number,
  n: number,
  context: Bytes,
  u2: Bitmap,
  u3: Bitmap,
  bundles: ReadonlyMap<number, readonly BundleEntry[]>,
): Promise<UnmaskAnswer | undefined> {
  let answer: UnmaskAnswer;
  try {
    answer = parseAnswer(bytes, n);
  } catch {
    return undefined; // malformed: the same as no answer
  }
  if (answer.u2 !== u2 || answer.u3 !== u3) return undefined;
  const opens = await Promise.all(
    Array.from(answer.openings, async ([v, { share, salt }]) => {
      const entry = bundles.get(v)?.[from] as BundleEntry;
      return has(u3, v)
        ? equalBytes(await shareLeaf('self', context, v, from, share, salt), entry.selfLeaf)
        : equalBytes(await shareLeaf('seed', context, v, from, share, salt), entry.seedLeaf);
    }),
  );
  return opens.every(Boolean) ? answer : undefined;
}

/**
 * A secret from t of the shares, accepted when `matches` its public image. A dealer whose shares do not all lie on one
 * polynomial gives different secrets from different shares: every window of t consecutive holders is tried.
 */
async function rebuild<T>(
  dealer: number,
  shares: readonly IndexedShare[],
  threshold: number,
  matches: (secret: Bytes) => Promise<T | undefined>,
): Promise<T> {
  const windows = shares.length === threshold ? 1 : shares.length;
  for (let first = 0; first < windows; first++) {
    let secret: Bytes;
    try {
      secret = combine([...shares.slice(first), ...shares.slice(0, first)], threshold);
    } catch (error) {
      if (error instanceof MurmurError && error.code === 'bad-share') continue;
      throw error;
    }
    const found = await matches(secret);
    if (found !== undefined) return found;
  }
  throw new MurmurError('bad-share', `the shares of dealer ${dealer} do not give the secret it committed to`, {
    details: { dealer },
  });
}

/**
 * Takes the masks off the sum of the survivors' inputs.
 * @param bundles bundles of all members of U2 by dealer; their roots must already match the Share records (shares.ts, bundleRoot)
 * @param inputs masked vectors of all members of U3; they must already match the Mask records (mask.ts, maskedDigest)
 * @param answers unmask answers by member; those that are malformed, for other sets, or do not open the committed leaves are discarded
 * @param runJobs spreads the stream work; without it all is done here
 * @returns the canonical packed sum, and who was discarded
 * @throws MurmurError not-found (a bundle or an input is missing, or fewer than t good answers or shares of a dealer), bad-share (a dealer
 * committed to shares of another secret; details.dealer), bad-input, cancelled
 */
export async function unmaskSum({
  layout,
  context,
  maskContext,
  u2,
  u3,
  threshold,
  maskPublicKeys,
  selfMaskCommitments,
  bundles,
  inputs,
  answers,
  signal,
  runJobs,
}: {
  layout: Layout;
  context: Bytes;
  maskContext: Bytes;
  u2: Bitmap;
  u3: Bitmap;
  threshold: number;
  maskPublicKeys: readonly Bytes[];
  selfMaskCommitments: readonly Bytes[];
  bundles: ReadonlyMap<number, Bytes>;
  inputs: ReadonlyMap<number, Bytes>;
  answers: ReadonlyMap<number, Bytes>;
  signal?: AbortSignal | undefined;
  runJobs?: RunJobs | undefined;
}): Promise<{ packedSum: Bytes; discardedAnswers: number[] }> {
  checkSets(u2, u3);
  const n = maskPublicKeys.length;
  check(u2 >> BigInt(n) === 0n && selfMaskCommitments.length === n, 'U2 and the keys are not of one roster');
  const survivors = members(u3);
  const dropped = members(u2 & ~u3);

  const entries = new Map<number, BundleEntry[]>();
  for (const v of members(u2)) {
    const bundle = bundles.get(v);
    if (!bundle) throw new MurmurError('not-found', `the bundle of dealer ${v} is missing`, { details: { dealer: v } });
    entries.set(v, parseBundle(bundle, n));
  }
  const addends = survivors.map((u) => {
    const packed = inputs.get(u);
    if (!packed)
      throw new MurmurError('not-found', `the masked vector of member ${u} is missing`, { details: { index: u } });
    checkPadding(layout, packed);
    return { packed, sign: 1 as const };
  });

  const good: { x: number; answer: UnmaskAnswer }[] = [];
  const discardedAnswers: number[] = [];
  for (const [from, bytes] of Array.from(answers).sort(([a], [b]) => a - b)) {
    const answer = has(u3, from) ? await verifiedAnswer(bytes, from, n, context, u2, u3, entries) : undefined;
    if (answer) good.push({ x: from + 1, answer });
    else discardedAnswers.push(from);
  }
  if (good.length < threshold) {
    throw new MurmurError('not-found', `${good.length} good answers where ${threshold} are needed`, {
      details: { good: good.length, threshold },
    });
  }
  const sharesOf = (v: number): IndexedShare[] => {
    const shares: IndexedShare[] = [];
    for (const { x, answer } of good) {
      const opening = answer.openings.get(v);
      if (opening) shares.push({ x, share: opening.share });
    }
    if (shares.length >= threshold) return shares;
    throw new MurmurError('not-found', `${shares.length} shares of dealer ${v} where ${threshold} are needed`, {
      details: { dealer: v, good: shares.length, threshold },
    });
  };

  const streams: KeyStream[] = [];
  for (const u of survivors) {
    const selfMask = await rebuild(u, sharesOf(u), threshold, async (secret) =>
      equalBytes(await commitSelfMask(secret), selfMaskCommitments[u] as Bytes) ? secret : undefined,
    );
    streams.push({ key: await selfStreamKey(maskContext, selfMask, u), sign: -1 });
  }
  for (const v of dropped) {
    const pair = await rebuild<X25519KeyPair>(v, sharesOf(v), threshold, async (secret) => {
      const rebuilt = await maskKeys(secret);
      return equalBytes(rebuilt.publicKey, maskPublicKeys[v] as Bytes) ? rebuilt : undefined;
    });
    const keys = await Promise.all(
      survivors.map(async (u) => ({
        key: await pairStreamKey(maskContext, v, pair, u, maskPublicKeys[u] as Bytes),
        // u added the mask when u < v: take it away again.
        sign: u < v ? (-1 as const) : (1 as const),
      })),
    );
    streams.push(...keys);
  }

  const job: StreamJob = { layout, start: 0, end: layoutBytes(layout), streams, addends };
  if (!runJobs) return { packedSum: await sumStreams(job, { signal }), discardedAnswers };
  const jobs = splitJob(job, JOBS);
  const packedSum = concatBytes(...(await runJobs(jobs)));
  check(packedSum.length === job.end, 'the jobs gave a sum of another length');
  return { packedSum, discardedAnswers };
}
