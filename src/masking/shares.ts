/**
 * Dealing and opening a round's secret shares (docs/protocol.md, section 6).
 *
 * A dealer gives every roster member, itself included, one share of its seed and one of its self mask, sealed for that
 * member (AES-256-GCM under a directional key), beside hash commitments to both openings. The Merkle root over all of it is
 * the dealer's Share record: the dealer cannot change a share later, and a receiver that shows a share in the unmask phase
 * cannot show another one. Whether the shares of a dealer lie on one polynomial shows only when the secret is rebuilt.
 */
import { ByteReader, concatBytes, equalBytes, uintBytes, utf8, type Bytes } from '../core/bytes.ts';
import { MurmurError, check, hasCode } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { merkleLeaf, merkleRoot } from '../core/merkle.ts';
import type { RandomBytes } from '../core/random.ts';
import { agree, hkdf, isUsablePublicKey, type RoundSecrets, type X25519KeyPair } from './keys.ts';
import { split } from './shamir.ts';

const SHARE_BYTES = 32;
const SALT_BYTES = 16;
const OPENING_BYTES = 2 * SHARE_BYTES + 2 * SALT_BYTES;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHERTEXT_BYTES = NONCE_BYTES + OPENING_BYTES + TAG_BYTES;
const ENTRY_BYTES = 32 + 32 + CIPHERTEXT_BYTES;

/** What a member holds of one dealer; secret until the unmask phase, when exactly one of the two shares is shown. */
export interface HeldShare {
  readonly seedShare: Bytes;
  readonly selfShare: Bytes;
  readonly seedSalt: Bytes;
  readonly selfSalt: Bytes;
}

/** One receiver's part of a bundle. */
export interface BundleEntry {
  readonly seedLeaf: Bytes;
  readonly selfLeaf: Bytes;
  readonly ciphertext: Bytes;
}

/** Bytes of a dealer's bundle for n receivers. */
export function bundleBytes(n: number): number {
  return 2 + n * ENTRY_BYTES;
}

/** `seedShare ‖ selfShare ‖ seedSalt ‖ selfSalt`, 96 bytes: the opening, as it is sealed and as the journal keeps it. */
export function serialiseHeldShare(held: HeldShare): Bytes {
  return concatBytes(held.seedShare, held.selfShare, held.seedSalt, held.selfSalt);
}

/** @throws MurmurError bad-input unless 96 bytes */
export function parseHeldShare(bytes: Uint8Array): HeldShare {
  const reader = new ByteReader(bytes);
  const held = {
    seedShare: reader.take(SHARE_BYTES),
    selfShare: reader.take(SHARE_BYTES),
    seedSalt: reader.take(SALT_BYTES),
    selfSalt: reader.take(SALT_BYTES),
  };
  reader.end();
  return held;
}

/** Entries of a bundle by receiver. @throws MurmurError bad-input unless it is a bundle for n receivers */
export function parseBundle(bundle: Uint8Array, n: number): BundleEntry[] {
  check(
    bundle.length === bundleBytes(n),
    `a bundle for ${n} receivers has ${bundleBytes(n)} bytes, not ${bundle.length}`,
  );
  const reader = new ByteReader(bundle);
  check(reader.u16() === n, `the bundle is not for ${n} receivers`);
  return Array.from({ length: n }, () => ({
    seedLeaf: reader.take(32),
    selfLeaf: reader.take(32),
    ciphertext: reader.take(CIPHERTEXT_BYTES),
  }));
}

function place(dealer: number, receiver: number): Bytes {
  return concatBytes(uintBytes(dealer, 2), uintBytes(receiver, 2));
}

/** Commitment of a dealer to one receiver's share of one kind, 32 bytes. */
export function shareLeaf(
  kind: 'seed' | 'self',
  context: Bytes,
  dealer: number,
  receiver: number,
  share: Bytes,
  salt: Bytes,
): Promise<Bytes> {
  return sha256(utf8(`murmur/${kind}-share/1`), context, place(dealer, receiver), share, salt);
}

/** Merkle root over a bundle: the digest of the dealer's Share record. @throws MurmurError bad-input for a malformed bundle */
export async function bundleRoot({
  context,
  dealer,
  n,
  bundle,
}: {
  context: Bytes;
  dealer: number;
  n: number;
  bundle: Uint8Array;
}): Promise<Bytes> {
  const entries = parseBundle(bundle, n);
  const leaves = await Promise.all(
    entries.map(({ seedLeaf, selfLeaf, ciphertext }, receiver) =>
      merkleLeaf(concatBytes(context, place(dealer, receiver), seedLeaf, selfLeaf, ciphertext)),
    ),
  );
  return merkleRoot(leaves);
}

/** Key and associated data of the shares that `dealer` seals for `receiver`. */
async function sealing(
  context: Bytes,
  dealer: number,
  receiver: number,
  own: X25519KeyPair,
  peer: Bytes,
  usage: 'encrypt' | 'decrypt',
) {
  const shared = await agree(own.privateKey, peer);
  const raw = await hkdf(shared, context, concatBytes(utf8('murmur/share/1'), place(dealer, receiver)), 32);
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [usage]);
  return { key, additionalData: concatBytes(context, place(dealer, receiver)) };
}

/** The sealed opening, or undefined for a receiver whose channel key is refused. */
async function seal(
  context: Bytes,
  dealer: number,
  receiver: number,
  own: X25519KeyPair,
  peer: Bytes,
  iv: Bytes,
  opening: HeldShare,
): Promise<Bytes | undefined> {
  try {
    const { key, additionalData } = await sealing(context, dealer, receiver, own, peer, 'encrypt');
    return new Uint8Array(
      await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, serialiseHeldShare(opening)),
    );
  } catch (error) {
    if (hasCode(error, 'refused')) return undefined;
    throw error;
  }
}

/**
 * Shares of this member's secrets for the whole roster.
 * @param index own roster index
 * @param channelKeys everybody's channel public key by roster index, the own one included
 * @returns the bundle to publish and its root, the digest of the Share record
 */
export async function dealShares({
  context,
  index,
  channel,
  channelKeys,
  secrets,
  threshold,
  random,
}: {
  context: Bytes;
  index: number;
  channel: X25519KeyPair;
  channelKeys: readonly Bytes[];
  secrets: RoundSecrets;
  threshold: number;
  random: RandomBytes;
}): Promise<{ bundle: Bytes; root: Bytes }> {
  const n = channelKeys.length;
  check(Number.isInteger(index) && index >= 0 && index < n, `index ${index} is not in the roster`);
  check(
    equalBytes(channelKeys[index] as Bytes, channel.publicKey),
    'the roster has another channel key at the own index',
  );
  const seedShares = split(secrets.seed, threshold, n, random);
  const selfShares = split(secrets.selfMask, threshold, n, random);
  // Randomness is drawn in order, before anything asynchronous: a seeded simulation repeats it.
  const held = seedShares.map((seedShare, v) => ({
    opening: {
      seedShare,
      selfShare: selfShares[v] as Bytes,
      seedSalt: random(SALT_BYTES),
      selfSalt: random(SALT_BYTES),
    },
    nonce: random(NONCE_BYTES),
  }));
  // What a receiver gets whose channel key is of small order: it cannot acknowledge, and stops nobody else.
  const unopenable = channelKeys.map(() => random(OPENING_BYTES + TAG_BYTES));
  const entries = await Promise.all(
    held.map(async ({ opening, nonce }, v) => {
      const sealed = await seal(context, index, v, channel, channelKeys[v] as Bytes, nonce, opening);
      return concatBytes(
        await shareLeaf('seed', context, index, v, opening.seedShare, opening.seedSalt),
        await shareLeaf('self', context, index, v, opening.selfShare, opening.selfSalt),
        nonce,
        sealed ?? (unopenable[v] as Bytes),
      );
    }),
  );
  const bundle = concatBytes(uintBytes(n, 2), ...entries);
  return { bundle, root: await bundleRoot({ context, dealer: index, n, bundle }) };
}

/**
 * Opens the shares that a dealer made for this member. Only what this accepts may be acknowledged.
 * @param index own roster index
 * @param dealerMaskKey the dealer's S_u; give it before acknowledging: with one of small order nobody could mask
 * @param root the digest of the dealer's Share record
 * @param members roster size n
 * @throws MurmurError bad-input (malformed), bad-hash (not the recorded bundle), bad-share (does not open, is not what the
 * dealer committed to, or a key of the dealer is of small order)
 */
export async function openShare({
  context,
  dealer,
  index,
  channel,
  dealerChannelKey,
  dealerMaskKey,
  bundle,
  root,
  members,
}: {
  context: Bytes;
  dealer: number;
  index: number;
  channel: X25519KeyPair;
  dealerChannelKey: Bytes;
  dealerMaskKey?: Bytes | undefined;
  bundle: Uint8Array;
  root: Bytes;
  members: number;
}): Promise<HeldShare> {
  check(Number.isInteger(index) && index >= 0 && index < members, `index ${index} is not in the roster`);
  if (!equalBytes(await bundleRoot({ context, dealer, n: members, bundle }), root)) {
    throw new MurmurError('bad-hash', `the bundle of dealer ${dealer} is not the one it recorded`, {
      details: { dealer },
    });
  }
  const { seedLeaf, selfLeaf, ciphertext } = parseBundle(bundle, members)[index] as BundleEntry;
  if (dealerMaskKey && !(await isUsablePublicKey(dealerMaskKey))) {
    throw new MurmurError('bad-share', `the mask key of dealer ${dealer} is of small order`, { details: { dealer } });
  }
  let opening: Uint8Array;
  try {
    const { key, additionalData } = await sealing(context, dealer, index, channel, dealerChannelKey, 'decrypt');
    const iv = ciphertext.slice(0, NONCE_BYTES);
    opening = new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, ciphertext.slice(NONCE_BYTES)),
    );
  } catch (cause) {
    throw new MurmurError('bad-share', `the share of dealer ${dealer} does not decrypt`, {
      details: { dealer },
      cause,
    });
  }
  const held = parseHeldShare(opening);
  const seedOpens = equalBytes(
    await shareLeaf('seed', context, dealer, index, held.seedShare, held.seedSalt),
    seedLeaf,
  );
  const selfOpens = equalBytes(
    await shareLeaf('self', context, dealer, index, held.selfShare, held.selfSalt),
    selfLeaf,
  );
  if (!seedOpens || !selfOpens) {
    throw new MurmurError('bad-share', `the share of dealer ${dealer} is not the one it committed to`, {
      details: { dealer },
    });
  }
  return held;
}
