import { describe, expect, it } from 'vitest';
import known from '../../tests/vectors/known-answers.json' with { type: 'json' };
import { fromHex, toHex } from '../core/bytes.ts';
import { secureRandom } from '../core/random.ts';
import {
  agree,
  commitSelfMask,
  createRoundSecrets,
  generateChannelKeys,
  hkdf,
  importX25519,
  isUsablePublicKey,
  joinDigest,
  maskKeys,
} from './keys.ts';

/** Points of order 1, 2, 4 and 8 (RFC 7748, section 7; curve25519 "small order" list). */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

describe('X25519', () => {
  it('gives RFC 7748, section 5.2', async () => {
    for (const { k, u, out } of known.x25519.cases) {
      const { privateKey } = await importX25519(fromHex(k));
      expect(await agree(privateKey, fromHex(u))).toEqual(fromHex(out));
    }
  });

  it('gives RFC 7748, section 6.1, from both sides', async () => {
    const { alice, alice_pub, bob, bob_pub, shared } = known.x25519.dh;
    const [a, b] = await Promise.all([importX25519(fromHex(alice)), importX25519(fromHex(bob))]);
    expect(a.publicKey).toEqual(fromHex(alice_pub));
    expect(b.publicKey).toEqual(fromHex(bob_pub));
    expect(await agree(a.privateKey, b.publicKey)).toEqual(fromHex(shared));
    expect(await agree(b.privateKey, a.publicKey)).toEqual(fromHex(shared));
  });

  it('refuses public keys of small order', async () => {
    const { pair } = await generateChannelKeys(secureRandom);
    for (const point of SMALL_ORDER) {
      await expect(agree(pair.privateKey, fromHex(point))).rejects.toMatchObject({ code: 'refused' });
      expect(await isUsablePublicKey(fromHex(point))).toBe(false);
    }
    expect(await isUsablePublicKey(pair.publicKey)).toBe(true);
    expect(await isUsablePublicKey(new Uint8Array(31))).toBe(false);
  });

  it('keeps private keys inside the host', async () => {
    const { pair, secret } = await generateChannelKeys(secureRandom);
    expect(pair.privateKey.extractable).toBe(false);
    expect((await importX25519(secret)).publicKey).toEqual(pair.publicKey);
  });
});

describe('hkdf', () => {
  it('gives RFC 5869, A.3', async () => {
    const okm = await hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(0), new Uint8Array(0), 42);
    expect(okm).toEqual(fromHex(known.hkdf_sha256.okm));
  });
});

describe('round secrets', () => {
  it('give one key pair and one commitment each', async () => {
    const secrets = createRoundSecrets(secureRandom);
    expect((await maskKeys(secrets.seed)).publicKey).toEqual((await maskKeys(secrets.seed)).publicKey);
    const other = createRoundSecrets(secureRandom);
    expect((await maskKeys(secrets.seed)).publicKey).not.toEqual((await maskKeys(other.seed)).publicKey);
    expect(await commitSelfMask(secrets.selfMask)).not.toEqual(await commitSelfMask(other.selfMask));
    await expect(maskKeys(new Uint8Array(32))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('are bound into the join digest field by field', async () => {
    const join = {
      maskPublicKey: new Uint8Array(32).fill(1),
      selfMaskCommitment: new Uint8Array(32).fill(2),
      channelKey: new Uint8Array(32).fill(3),
      sessionKey: new Uint8Array(20).fill(4),
    };
    const digests = new Set([toHex(await joinDigest(join))]);
    for (const field of ['maskPublicKey', 'selfMaskCommitment', 'channelKey', 'sessionKey'] as const) {
      digests.add(toHex(await joinDigest({ ...join, [field]: new Uint8Array(join[field].length).fill(9) })));
      expect(() => joinDigest({ ...join, [field]: new Uint8Array(5) })).toThrow(field);
    }
    expect(digests.size).toBe(5);
  });
});
