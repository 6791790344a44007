/**
 * A private key as an encrypted JSON keystore: Web3 Secret Storage Definition, version 3, with scrypt and AES-128-CTR
 * (https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/). Wallets and command lines read it.
 *
 * Guarantees: without the password the file gives away only the address; a changed file is noticed (the MAC). Not: protection of
 * a weak password; scrypt only makes each guess cost about a tenth of a second and 128 MiB.
 */
import { scryptAsync } from '@noble/hashes/scrypt';
import { keccak_256 } from '@noble/hashes/sha3';
import { type Bytes, concatBytes, type Hex, toHex, utf8 } from '../core/bytes.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';

export const MIN_PASSWORD_LENGTH = 8;

/** As ethers writes them: half of geth's memory, so that a phone can open the file too. */
const SCRYPT = { n: 2 ** 17, r: 8, p: 1 };
const KEY_BYTES = 32;

/**
 * @param secret 32 bytes, secp256k1
 * @param random gives the salt (32 bytes), the counter block (16) and the file's UUID (16), in this order
 * @throws MurmurError bad-input for a password of fewer than eight characters
 */
export async function writeKeystore(
  secret: Bytes,
  address: Hex,
  password: string,
  { random, scrypt = SCRYPT }: { random: RandomBytes; scrypt?: { n: number; r: number; p: number } },
): Promise<string> {
  check(
    [...password].length >= MIN_PASSWORD_LENGTH,
    'the password is too short',
    `Use ${MIN_PASSWORD_LENGTH} characters or more.`,
  );
  const salt = random(32);
  const iv = random(16);
  const id = random(16);
  const { n, r, p } = scrypt;
  const derived = new Uint8Array(
    await scryptAsync(utf8(password.normalize('NFKC')), salt, { N: n, r, p, dkLen: KEY_BYTES, asyncTick: 10 }),
  );
  const key = await crypto.subtle.importKey('raw', derived.slice(0, 16), { name: 'AES-CTR' }, false, ['encrypt']);
  // 128: the whole block counts, as in the specification.
  const cipher = { name: 'AES-CTR', counter: iv, length: 128 };
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(cipher, key, secret));
  const mac = keccak_256(concatBytes(derived.slice(16, 32), ciphertext));
  return canonicalJson({
    version: 3,
    id: uuidOf(id),
    address: address.toLowerCase().slice(2),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: bare(iv) },
      ciphertext: bare(ciphertext),
      kdf: 'scrypt',
      kdfparams: { dklen: KEY_BYTES, n, r, p, salt: bare(salt) },
      mac: bare(mac),
    },
  });
}

function bare(bytes: Uint8Array): string {
  return toHex(bytes).slice(2);
}

/** Version 4 of RFC 9562: random. */
function uuidOf(random: Bytes): string {
  const bytes = random.slice();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bare(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
