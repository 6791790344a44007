/**
 * Keys of a round: X25519 (RFC 7748) and HKDF-SHA-256 (RFC 5869) through WebCrypto, and the digests by which a join
 * record commits to them (docs/protocol.md, sections 3 and 6).
 *
 * Private X25519 keys become non-extractable CryptoKeys at once. An all-zero agreement (a public key of small order) is
 * refused. The 31-byte secrets are plain bytes because Shamir shares are made of them; they live for one round.
 */
import { concatBytes, utf8, type Bytes } from '../core/bytes.ts';
import { MurmurError, check, hasCode } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { RandomBytes } from '../core/random.ts';

export interface X25519KeyPair {
  /** 32 bytes, little-endian u-coordinate */
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

/** What one member keeps secret during a round: 31 bytes each, so that they lie below p = 2^255 - 19. */
export interface RoundSecrets {
  /** seed_u: the mask key pair follows from it */
  readonly seed: Bytes;
  /** b_u: the self mask follows from it */
  readonly selfMask: Bytes;
}

/** RFC 8410: PrivateKeyInfo of an X25519 key up to its 32 bytes. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const BASE_POINT = new Uint8Array(32);
BASE_POINT[0] = 9;

/** The key pair of a 32-byte X25519 scalar. */
export async function importX25519(secret: Bytes): Promise<X25519KeyPair> {
  check(secret.length === 32, 'an X25519 secret has 32 bytes');
  const wrapped = concatBytes(PKCS8_PREFIX, secret);
  const privateKey = await crypto.subtle.importKey('pkcs8', wrapped, { name: 'X25519' }, false, ['deriveBits']);
  wrapped.fill(0);
  return { publicKey: await agree(privateKey, BASE_POINT), privateKey };
}

/** A fresh channel key pair and its secret, which the caller stores with the session. */
export async function generateChannelKeys(random: RandomBytes): Promise<{ pair: X25519KeyPair; secret: Bytes }> {
  const secret = random(32);
  return { pair: await importX25519(secret), secret };
}

/**
 * X25519(privateKey, publicKey), 32 bytes.
 * @throws MurmurError refused when the result is all zero, bad-input when the public key has another length
 */
export async function agree(privateKey: CryptoKey, publicKey: Bytes): Promise<Bytes> {
  check(publicKey.length === 32, 'an X25519 public key has 32 bytes');
  const peer = await crypto.subtle.importKey('raw', publicKey, { name: 'X25519' }, false, []);
  let shared: Bytes;
  try {
    shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: peer }, privateKey, 256));
  } catch (cause) {
    // Hosts refuse a point of small order with an OperationError of their own.
    throw new MurmurError('refused', 'key agreement with this public key is refused', { cause });
  }
  let any = 0;
  for (const byte of shared) any |= byte;
  if (any === 0) throw new MurmurError('refused', 'key agreement gives an all-zero secret');
  return shared;
}

/** Whether agreement with this public key works: not so for keys of small order, whatever the private key. */
export async function isUsablePublicKey(publicKey: Bytes): Promise<boolean> {
  const anyPair = await importX25519(BASE_POINT);
  try {
    await agree(anyPair.privateKey, publicKey);
    return true;
  } catch (error) {
    if (hasCode(error, 'refused', 'bad-input')) return false;
    throw error;
  }
}

/** HKDF-SHA-256, `lengthBytes` at most 8,160. */
export async function hkdf(key: Bytes, salt: Bytes, info: Bytes, lengthBytes: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 8 * lengthBytes));
}

/** Fresh secrets for one round; never use them in a second one. */
export function createRoundSecrets(random: RandomBytes): RoundSecrets {
  return { seed: random(31), selfMask: random(31) };
}

/** The mask key pair of a seed: private key = HKDF(seed, "", "murmur/mask-key/1", 32). */
export async function maskKeys(seed: Bytes): Promise<X25519KeyPair> {
  check(seed.length === 31, 'a seed has 31 bytes');
  return importX25519(await hkdf(seed, new Uint8Array(0), utf8('murmur/mask-key/1'), 32));
}

/** selfMaskCommitment, 32 bytes. */
export function commitSelfMask(selfMask: Bytes): Promise<Bytes> {
  check(selfMask.length === 31, 'a self mask has 31 bytes');
  return sha256(utf8('murmur/self-mask/1'), selfMask);
}

export interface JoinCommitments {
  readonly maskPublicKey: Bytes;
  readonly selfMaskCommitment: Bytes;
  readonly channelKey: Bytes;
  /** address of the session key, 20 bytes */
  readonly sessionKey: Bytes;
}

/** Digest of the join record, 32 bytes. */
export function joinDigest(join: JoinCommitments): Promise<Bytes> {
  check(join.maskPublicKey.length === 32, 'maskPublicKey is not 32 bytes');
  check(join.selfMaskCommitment.length === 32, 'selfMaskCommitment is not 32 bytes');
  check(join.channelKey.length === 32, 'channelKey is not 32 bytes');
  check(join.sessionKey.length === 20, 'sessionKey is not 20 bytes');
  return sha256(utf8('murmur/join/1'), join.maskPublicKey, join.selfMaskCommitment, join.channelKey, join.sessionKey);
}
