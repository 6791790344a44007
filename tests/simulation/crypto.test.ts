/** The simulation's synchronous crypto gives WebCrypto's bytes. */
import { expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { agree, hkdf, importX25519 } from '../../src/masking/keys.ts';
import { dealShares, openShare } from '../../src/masking/shares.ts';
import { useSynchronousCrypto } from './crypto.ts';

const bytes = (seed: number, length: number) => Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 255);

async function results(): Promise<string[]> {
  const [alice, bob] = [await importX25519(bytes(1, 32)), await importX25519(bytes(2, 32))];
  const context = bytes(3, 32);
  const secrets = { seed: bytes(4, 31), selfMask: bytes(5, 31) };
  let drawn = 0;
  const random = (length: number) => bytes(100 + drawn++, length);
  const channelKeys = [alice.publicKey, bob.publicKey, alice.publicKey];
  const dealt = await dealShares({ context, index: 0, channel: alice, channelKeys, secrets, threshold: 2, random });
  const held = await openShare({
    context,
    dealer: 0,
    index: 1,
    channel: bob,
    dealerChannelKey: alice.publicKey,
    bundle: dealt.bundle,
    root: dealt.root,
    members: 3,
  });
  const stream = await crypto.subtle.importKey('raw', bytes(6, 16), 'AES-CTR', false, ['encrypt']);
  const counter = { name: 'AES-CTR', counter: new Uint8Array(16), length: 128 };
  return [
    alice.publicKey,
    await agree(alice.privateKey, bob.publicKey),
    await hkdf(bytes(7, 31), context, bytes(8, 12), 16),
    await sha256(context),
    dealt.root,
    held.seedShare,
    new Uint8Array(await crypto.subtle.encrypt(counter, stream, new Uint8Array(100))),
  ].map(toHex);
}

test('keys, shares, digests and streams are the same bytes', async () => {
  const real = await results();
  const restore = useSynchronousCrypto();
  try {
    expect(await results()).toEqual(real);
  } finally {
    restore();
  }
});
