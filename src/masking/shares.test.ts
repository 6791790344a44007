import { beforeAll, describe, expect, it } from 'vitest';
import { makeCohort, openAll, type Cohort, type TestMember } from './testing/cohort.ts';
import { bitmapOf, members as indicesOf } from '../core/bitmap.ts';
import { equalBytes, type Bytes } from '../core/bytes.ts';
import { secureRandom } from '../core/random.ts';
import type { Layout } from '../protocol/layout.ts';
import { combine } from './shamir.ts';
import {
  bundleBytes,
  bundleRoot,
  dealShares,
  openShare,
  parseBundle,
  parseHeldShare,
  serialiseHeldShare,
} from './shares.ts';

const layout: Layout = [{ purpose: 'update', length: 4, width: 18, encoding: { kind: 'count' } }];
let cohort: Cohort;
beforeAll(async () => {
  cohort = await makeCohort('shares', 5, layout);
});

const openArguments = (dealer: number, index: number) => ({
  context: cohort.context,
  dealer,
  index,
  members: cohort.n,
  channel: (cohort.people[index] as TestMember).channel,
  dealerChannelKey: cohort.channelKeys[dealer] as Bytes,
  bundle: cohort.bundles.get(dealer) as Bytes,
  root: cohort.roots[dealer] as Bytes,
});

describe('a bundle', () => {
  it('opens for everybody, the dealer included, to shares of both secrets', async () => {
    const all = await Promise.all(
      Array.from({ length: cohort.n }, (_, i) => openAll(cohort, i, bitmapOf([0, 1, 2, 3, 4]))),
    );
    for (const dealer of indicesOf(31n)) {
      const shares = all.map((held, i) => ({ x: i + 1, held: held.get(dealer) }));
      const { secrets } = cohort.people[dealer] as TestMember;
      const pick = (kind: 'seedShare' | 'selfShare') =>
        shares.slice(1).map(({ x, held }) => ({ x, share: held?.[kind] as Bytes }));
      expect(combine(pick('seedShare'), cohort.threshold)).toEqual(secrets.seed);
      expect(combine(pick('selfShare'), cohort.threshold)).toEqual(secrets.selfMask);
    }
  });

  it('has 188 bytes a receiver', () => {
    expect((cohort.bundles.get(0) as Bytes).length).toBe(2 + 188 * 5);
    expect(bundleBytes(5)).toBe(2 + 188 * 5);
  });

  it('survives the journal', async () => {
    const held = await openShare(openArguments(1, 2));
    expect(parseHeldShare(serialiseHeldShare(held))).toEqual(held);
    expect(() => parseHeldShare(new Uint8Array(95))).toThrow('message ends');
    expect(() => parseHeldShare(new Uint8Array(97))).toThrow('too many');
  });

  it('is refused when any byte was changed', async () => {
    const good = openArguments(1, 2);
    for (let at = 2; at < good.bundle.length; at += 37) {
      const bundle = good.bundle.slice();
      bundle[at] = (bundle[at] as number) ^ 1;
      await expect(openShare({ ...good, bundle }), `byte ${at}`).rejects.toMatchObject({ code: 'bad-hash' });
    }
    await expect(openShare({ ...good, bundle: good.bundle.slice(1) })).rejects.toMatchObject({ code: 'bad-input' });
    expect(() => parseBundle(good.bundle, 4)).toThrow('for 4 receivers');
    const otherCount = good.bundle.slice();
    otherCount[1] = 4;
    expect(() => parseBundle(otherCount, 5)).toThrow('not for 5');
  });

  it('is refused under another dealer, receiver, context or key', async () => {
    const good = openArguments(1, 2);
    await expect(openShare({ ...good, dealer: 0 })).rejects.toMatchObject({ code: 'bad-hash' });
    await expect(openShare({ ...good, context: new Uint8Array(32) })).rejects.toMatchObject({ code: 'bad-hash' });
    await expect(openShare({ ...good, index: 3 })).rejects.toMatchObject({ code: 'bad-share' });
    await expect(openShare({ ...good, channel: (cohort.people[3] as TestMember).channel })).rejects.toMatchObject({
      code: 'bad-share',
    });
    await expect(openShare({ ...good, dealerChannelKey: cohort.channelKeys[3] as Bytes })).rejects.toMatchObject({
      code: 'bad-share',
    });
  });

  it('that a dealer recorded with wrong contents is refused by its receivers', async () => {
    const good = openArguments(1, 2);
    const entry = 2 + 188 * 2;
    for (const [at, code] of [
      [entry, 'bad-share'],
      [entry + 32, 'bad-share'],
      [entry + 64, 'bad-share'],
      [entry + 100, 'bad-share'],
    ] as const) {
      const bundle = good.bundle.slice();
      bundle[at] = (bundle[at] as number) ^ 1;
      const root = await bundleRoot({ context: cohort.context, dealer: 1, n: 5, bundle });
      await expect(openShare({ ...good, bundle, root }), `byte ${at}`).rejects.toMatchObject({ code });
      // A receiver whose part is whole is not harmed.
      await expect(openShare({ ...openArguments(1, 3), bundle, root })).resolves.toBeDefined();
    }
  });

  it('for a receiver with a channel key of small order stays unopenable and harms nobody else', async () => {
    const channelKeys = cohort.channelKeys.map((key, i) => (i === 4 ? new Uint8Array(32) : key));
    const { channel, secrets } = cohort.people[0] as TestMember;
    const { bundle, root } = await dealShares({
      context: cohort.context,
      index: 0,
      channel,
      channelKeys,
      secrets,
      threshold: 4,
      random: secureRandom,
    });
    await expect(openShare({ ...openArguments(0, 1), bundle, root })).resolves.toBeDefined();
    await expect(openShare({ ...openArguments(0, 4), bundle, root })).rejects.toMatchObject({ code: 'bad-share' });
  });

  it('of a dealer with a key of small order is not acknowledged', async () => {
    const good = openArguments(1, 2);
    const zero = new Uint8Array(32);
    await expect(openShare({ ...good, dealerChannelKey: zero })).rejects.toMatchObject({ code: 'bad-share' });
    await expect(openShare({ ...good, dealerMaskKey: zero })).rejects.toMatchObject({ code: 'bad-share' });
    const dealerMaskKey = cohort.maskPublicKeys[1] as Bytes;
    await expect(openShare({ ...good, dealerMaskKey })).resolves.toBeDefined();
  });

  it('is not dealt under a foreign channel key', async () => {
    const { channel, secrets } = cohort.people[0] as TestMember;
    await expect(
      dealShares({
        context: cohort.context,
        index: 1,
        channel,
        channelKeys: cohort.channelKeys,
        secrets,
        threshold: 4,
        random: secureRandom,
      }),
    ).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is never sealed twice alike', async () => {
    const { channel, secrets } = cohort.people[0] as TestMember;
    const deal = () =>
      dealShares({
        context: cohort.context,
        index: 0,
        channel,
        channelKeys: cohort.channelKeys,
        secrets,
        threshold: 4,
        random: secureRandom,
      });
    const [a, b] = await Promise.all([deal(), deal()]);
    expect(equalBytes(a.bundle, b.bundle)).toBe(false);
  });
});
