/** What RelayCore lets into its log: every message once, and only what its signer said in time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { CoreWorld, TASK } from '../testing/core-world.ts';

let world: CoreWorld;
beforeEach(() => {
  world = new CoreWorld();
});

describe('messages', () => {
  it('have one place in the log, in order, however often they come', async () => {
    await world.announceAll();
    await world.relay.step();
    const joins = await Promise.all([0, 1, 2].map((id) => world.cohort.join(id, 1)));
    const seen: number[] = [];
    const stop = world.relay.onMessage((_task, { sequence }) => seen.push(sequence));
    const places = await Promise.all([...joins, ...joins].map((message) => world.relay.admit(message, undefined)));
    stop();
    expect(new Set(places.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3]));
    expect(places.filter(({ added }) => added)).toHaveLength(3);
    expect(seen.sort()).toEqual([1, 2, 3]);
    const log = await world.relay.messages(TASK, 0);
    expect(log.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await world.relay.messages(TASK, 3)).toEqual(log.slice(2));
    expect(await world.relay.messages(TASK, 4)).toEqual([]);
  });

  it('are refused when altered, early, late, foreign, or without their blob', async () => {
    await world.announceAll();
    await world.relay.step();
    const join = await world.cohort.join(0, 1);
    const altered = { ...join, body: { ...join.body, maskPublicKey: `0x${'11'.repeat(32)}` } };
    await expect(world.relay.publish(altered as typeof join)).rejects.toMatchObject({ code: 'bad-hash' });
    const stolen = { ...join, record: join.record.replace(/^0x0000/, '0x0001') } as typeof join;
    await expect(world.relay.publish(stolen)).rejects.toMatchObject({ code: 'bad-signature' });
    await expect(world.relay.publish({ ...join, round: 2 })).rejects.toMatchObject({
      code: 'refused',
      details: { early: true },
    });
    await expect(world.relay.admit(join, 1)).rejects.toMatchObject({ code: 'refused' });
    await expect(world.relay.admit({ ...join, extra: 1 }, 0)).rejects.toMatchObject({ code: 'bad-input' });
    const early = await world.cohort.message(await world.view(), Phase.Share, 0, world.relay.blobs);
    await expect(world.relay.publish(early)).rejects.toMatchObject({ code: 'refused', details: { early: true } });

    await world.reach(Phase.Share);
    const now = await world.view();
    const share = await world.cohort.message(now, Phase.Share, 1, world.relay.blobs);
    if (share.phase === Phase.Share) await world.store.deleteBlob(share.body.bundle as `0x${string}`);
    await expect(world.relay.publish(share)).rejects.toMatchObject({ code: 'not-found' });
    await world.relay.publish(await world.cohort.message(now, Phase.Share, 1, world.relay.blobs));
    expect(await world.relay.admit(join, 0)).toEqual({ sequence: 1, added: false });
    await world.clock.advance(200_000);
    await expect(
      world.relay.publish(await world.cohort.message(now, Phase.Share, 2, world.relay.blobs)),
    ).rejects.toMatchObject({
      code: 'refused',
      details: { late: true },
    });
  });

  it('of a member that joined on the chain itself are kept after the join phase', async () => {
    await world.announceAll();
    await world.relay.step();
    const joins = await Promise.all([0, 1, 2, 3].map((id) => world.cohort.join(id, 1)));
    for (const message of joins)
      await world.chain.postRecords(TASK, 1, Phase.Join, [Buffer.from(message.record.slice(2), 'hex')]);
    await world.clock.advance(21_000);
    await world.stepFor(1);
    await world.relay.publish(joins[2] as (typeof joins)[0]);
    expect(await world.store.logLength('1')).toBe(1);
    expect(world.batches()).toHaveLength(4);
  });

  it('that contradict each other are kept as evidence, up to a few, and only the first is posted', async () => {
    await world.reach(Phase.Share);
    const now = await world.view();
    const variants = await Promise.all(
      [0, 1, 2, 3, 4].map((variant) => world.cohort.message(now, Phase.Share, 0, world.relay.blobs, variant)),
    );
    for (const message of variants.slice(0, 4)) await world.relay.publish(message);
    await expect(world.relay.publish(variants[4] as (typeof variants)[0])).rejects.toMatchObject({ code: 'conflict' });
    expect(world.events.filter(({ kind }) => kind === 'equivocation')).toHaveLength(3);
    world.relay = world.start();
    await world.relay.step();
    const posted = (await world.chain.digests(TASK, 1, Phase.Share)).get(0);
    expect(variants[0]?.record.slice(6, 70)).toBe(toHex(posted as Uint8Array).slice(2));
  });
});
