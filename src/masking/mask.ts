/**
 * The masked input of one member (docs/protocol.md, section 8): after Bonawitz et al., "Practical Secure Aggregation for
 * Privacy-Preserving Machine Learning" (CCS 2017), with the context, U2 and the purpose bound into every mask key.
 *
 * y_u = x_u + PRG(b_u) + sum over v > u of PRG(s_uv) - sum over v < u of PRG(s_uv), over v in U2 without u. A single masked
 * vector is uniform to anybody without the keys. Two different vectors masked in ONE mask context reveal their difference:
 * the caller journals the bytes before the first send and never masks twice.
 */
import { concatBytes, uintBytes, utf8, type Bytes } from '../core/bytes.ts';
import { has, members, type Bitmap } from '../core/bitmap.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { merkleLeaf, merkleRoot } from '../core/merkle.ts';
import { layoutBytes, type Layout } from '../protocol/layout.ts';
import { checkPadding } from './encode.ts';
import { agree, hkdf, type RoundSecrets, type X25519KeyPair } from './keys.ts';
import { sumStreams, type KeyStream, type SumOptions } from './stream.ts';

const KEY_BYTES = 16;
const CHUNK_BYTES = 65_536;

/** AES key of member u's self mask. */
export function selfStreamKey(maskContext: Bytes, selfMask: Bytes, u: number): Promise<Bytes> {
  return hkdf(selfMask, maskContext, concatBytes(utf8('murmur/self/1'), uintBytes(u, 2)), KEY_BYTES);
}

/**
 * AES key of the mask between two members, the same from either side.
 * @param own mask key pair of `u`
 * @param peer mask public key of `v`
 * @throws MurmurError refused for a public key of small order
 */
export async function pairStreamKey(
  maskContext: Bytes,
  u: number,
  own: X25519KeyPair,
  v: number,
  peer: Bytes,
): Promise<Bytes> {
  const info = concatBytes(utf8('murmur/pair/1'), uintBytes(Math.min(u, v), 2), uintBytes(Math.max(u, v), 2));
  return hkdf(await agree(own.privateKey, peer), maskContext, info, KEY_BYTES);
}

/**
 * Masks a packed vector.
 * @param packed the member's vector in the layout's packed form
 * @param index own roster index, in U2
 * @param maskPublicKeys everybody's mask public key by roster index
 * @returns y_u, as long as `packed`
 * @throws MurmurError bad-input, cancelled, refused (a peer's public key of small order), unsupported
 */
export async function maskVector({
  layout,
  packed,
  maskContext,
  u2,
  index,
  secrets,
  maskKeys,
  maskPublicKeys,
  signal,
  onProgress,
}: {
  layout: Layout;
  packed: Bytes;
  maskContext: Bytes;
  u2: Bitmap;
  index: number;
  secrets: RoundSecrets;
  maskKeys: X25519KeyPair;
  maskPublicKeys: readonly Bytes[];
} & SumOptions): Promise<Bytes> {
  checkPadding(layout, packed);
  check(maskContext.length === 32, 'mask context is not 32 bytes');
  check(has(u2, index), `index ${index} is not in U2`);
  const peers = members(u2).filter((v) => v !== index);
  check(
    peers.every((v) => v < maskPublicKeys.length),
    'U2 has a member without a mask public key',
  );
  const streams: KeyStream[] = await Promise.all([
    selfStreamKey(maskContext, secrets.selfMask, index).then((key) => ({ key, sign: 1 as const })),
    ...peers.map(async (v) => ({
      key: await pairStreamKey(maskContext, index, maskKeys, v, maskPublicKeys[v] as Bytes),
      sign: v > index ? (1 as const) : (-1 as const),
    })),
  ]);
  const job = { layout, start: 0, end: layoutBytes(layout), streams, addends: [{ packed, sign: 1 as const }] };
  return sumStreams(job, { signal, onProgress });
}

/** Merkle root over chunks of 65,536 bytes. */
export async function chunkRoot(bytes: Bytes): Promise<Bytes> {
  check(bytes.length > 0, 'there are no bytes to hash');
  const leaves: Promise<Bytes>[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) leaves.push(merkleLeaf(bytes.subarray(at, at + CHUNK_BYTES)));
  return merkleRoot(await Promise.all(leaves));
}

/** Digest of the Mask record, 32 bytes. */
export async function maskedDigest(bytes: Bytes): Promise<Bytes> {
  return sha256(utf8('murmur/masked/1'), uintBytes(bytes.length, 8), await chunkRoot(bytes));
}
