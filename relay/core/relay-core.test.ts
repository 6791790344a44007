/** RelayCore over a virtual clock: it batches once, opens, syncs, sums, and goes on after a restart in any phase. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MurmurError } from '../../src/core/errors.ts';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { toySigner, verifyToy } from '../testing/cohort.ts';
import { CoreWorld, SITES, TASK } from '../testing/core-world.ts';
import { settle } from '../testing/virtual-clock.ts';
import { RelayCore } from './relay-core.ts';

let world: CoreWorld;
beforeEach(() => {
  world = new CoreWorld();
});

describe('opening', () => {
  it('opens at once when everybody who is registered is here', async () => {
    await world.announceAll();
    await world.relay.step();
    expect(world.chain.writes).toEqual(['open']);
  });

  it('waits a moment for more once the smallest cohort is here, and not for ever', async () => {
    for (const id of [0, 1]) await world.relay.announce(TASK, id);
    await world.stepFor(5);
    expect(world.chain.writes).toEqual([]);
    for (const id of [0, 1, 2]) await world.relay.announce(TASK, id);
    await world.stepFor(2);
    expect(world.chain.writes).toEqual([]);
    await world.stepFor(2);
    expect(world.chain.writes).toEqual(['open']);
  });

  it('does not count who went away', async () => {
    for (const id of [0, 1]) await world.relay.announce(TASK, id);
    await world.clock.advance(21_000);
    for (const id of [2, 3]) await world.relay.announce(TASK, id);
    await world.stepFor(10);
    expect(world.chain.writes).toEqual([]);
  });

  it('opens again after a void round, once', async () => {
    await world.announceAll();
    await world.stepFor(15);
    await world.announceAll();
    await world.stepFor(10);
    expect((await world.view()).phase).toBe(Phase.Void);
    expect(world.chain.writes.filter((write) => write === 'open')).toHaveLength(2);
    expect(world.events).toContainEqual({ kind: 'void', task: TASK, round: 1 });
  });

  it('refuses who is not registered, and tasks that are over or unknown', async () => {
    await expect(world.relay.announce(TASK, 9)).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.relay.announce(7n, 0)).rejects.toMatchObject({ code: 'not-found' });
    const entry = world.chain.tasks.get(TASK);
    if (entry) entry.status = 'finished';
    await expect(world.relay.announce(TASK, 0)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a whole round', () => {
  it('posts every phase in one batch and ends settled', async () => {
    await world.reach(Phase.Settled);
    await world.relay.step();
    expect(world.batches()).toEqual([1, 3, 4, 5, 6, 7, 9].map((phase) => `records/${phase}/${SITES}`));
    expect(world.chain.writes.filter((write) => write === 'sum')).toHaveLength(1);
    expect(world.sums).toBe(1);
    expect(world.events.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(world.events).toContainEqual({ kind: 'settled', task: TASK, round: 1 });
    expect((await world.chain.answers(TASK, 1)).size).toBe(SITES);
    expect(await world.relay.blobs.has(toHex(await sha256(utf8('model'))))).toBe(true);
  });

  it('loses nothing when the relay restarts before everything it does', async () => {
    await world.reach(Phase.Settled, true);
    expect((await world.view()).voted).toBe(15n);
    expect(await world.store.logLength('1')).toBe(7 * SITES);
  });

  it('posts what a relay had queued when it was killed', async () => {
    await world.reach(Phase.Share);
    const now = await world.view();
    for (const index of [0, 1])
      await world.relay.publish(await world.cohort.message(now, Phase.Share, index, world.relay.blobs));
    world.relay = world.start();
    await world.relay.step();
    expect((await world.view()).dealt).toBe(3n);
    const before = world.batches().length;
    world.relay = world.start();
    await world.stepFor(5);
    expect(world.batches()).toHaveLength(before);
  });
});

describe('a chain that went back', () => {
  it('gets no record of a round that it has forgotten, but what is said again is posted again', async () => {
    await world.reach(Phase.Share);
    await world.relay.publish(await world.cohort.message(await world.view(), Phase.Share, 0, world.relay.blobs));
    world.relay = world.start();
    world.chain.tasks.get(TASK)?.rounds.pop();
    await world.clock.advance(5000);
    await world.announceAll();
    await world.relay.step();
    await world.stepFor(3);
    expect((await world.view()).n).toBe(0);
    for (let id = 0; id < SITES; id++) await world.relay.publish(await world.cohort.join(id, 1));
    await world.stepFor(3);
    expect((await world.view()).n).toBe(SITES);
    await world.stepFor(30);
    expect([(await world.view()).phase, (await world.view()).dealt]).toEqual([Phase.Share, 0n]);
  });
});

describe('batches', () => {
  beforeEach(() => world.reach(Phase.Share));

  it('wait for others, but not longer than the delay', async () => {
    const before = world.batches().length;
    await world.relay.publish(await world.cohort.message(await world.view(), Phase.Share, 2, world.relay.blobs));
    await world.relay.step();
    expect(world.batches()).toHaveLength(before);
    await world.stepFor(2.5);
    expect(world.batches().slice(before)).toEqual(['records/3/1']);
    await world.stepFor(30);
    expect(world.batches()).toHaveLength(before + 1);
  });

  it('are posted again when the chain was unreachable', async () => {
    await world.relay.publish(await world.cohort.message(await world.view(), Phase.Share, 2, world.relay.blobs));
    const before = world.batches().length;
    world.chain.failures.set('postRecords', new MurmurError('unreachable', 'down'));
    await world.stepFor(3);
    expect((await world.view()).dealt).toBe(4n);
    expect(world.batches().slice(before)).toEqual(['records/3/1', 'records/3/1']);
  });

  it('are halved when the chain refuses one, so that one record cannot hold the others', async () => {
    const now = await world.view();
    const before = world.batches().length;
    const refuse = async () => {
      world.chain.failures.set('postRecords', new MurmurError('bad-input', 'no'));
      await world.relay.step();
    };
    for (let index = 0; index < SITES; index++)
      await world.relay.publish(await world.cohort.message(now, Phase.Share, index, world.relay.blobs));
    await refuse();
    await refuse();
    await refuse();
    await world.relay.step();
    expect(world.batches().slice(before)).toEqual(['records/3/4', 'records/3/2', 'records/3/1', 'records/3/3']);
    expect((await world.view()).dealt).toBe(14n);
  });

  it('go out before the deadline even when they could wait', async () => {
    await world.clock.advance(57_500);
    await world.relay.publish(await world.cohort.message(await world.view(), Phase.Share, 1, world.relay.blobs));
    await world.relay.step();
    expect((await world.view()).dealt).toBe(2n);
  });
});

describe('deadlines', () => {
  it('are put on record when the chain does not move by itself, once in a while', async () => {
    await world.reach(Phase.Share);
    world.chain.frozen = true;
    await world.clock.advance(60_000);
    await world.stepFor(1);
    expect(world.chain.writes).not.toContain('sync');
    await world.stepFor(4);
    expect(world.chain.writes.filter((write) => write === 'sync')).toHaveLength(1);
    expect((await world.view()).phase).toBe(Phase.Void);
  });

  it('end a round that nobody follows with one sync', async () => {
    await world.reach(Phase.Share);
    await world.clock.advance(70_000);
    await world.stepFor(60);
    expect(world.chain.writes.filter((write) => write === 'sync')).toHaveLength(1);
  });
});

describe('faults', () => {
  it('of one task do not stop another', async () => {
    const others = Array.from({ length: SITES }, (_, i) => toySigner(10 + i));
    const second = world.chain.addTask(others.map(({ address }) => address));
    await world.announceAll();
    for (let id = 0; id < SITES; id++) await world.relay.announce(second, id);
    world.chain.failures.set('task', new Error('boom'));
    await world.relay.step();
    expect(world.chain.writes).toEqual(['open']);
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'error', task: TASK }));
    await world.relay.step();
    expect(world.chain.writes).toEqual(['open', 'open']);
  });

  it('of a chain that never answers end at the deadline', async () => {
    await world.announceAll();
    world.chain.open = () => new Promise(() => undefined);
    let ended = false;
    const stepping = world.relay.step().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    await world.clock.advance(30_000);
    await stepping;
    expect(world.events).toContainEqual(
      expect.objectContaining({ during: 'opening a round', error: expect.objectContaining({ code: 'timeout' }) }),
    );
  });

  it('of the aggregator are tried again while the phase lasts', async () => {
    let attempts = 0;
    const failing = new RelayCore({
      store: world.store,
      chain: world.chain,
      clock: world.clock,
      verifySignature: verifyToy,
      aggregate: async () => {
        attempts += 1;
        throw new MurmurError('not-found', 'evidence is missing');
      },
      onEvent: (event) => world.events.push(event),
    });
    await world.reach(Phase.Sum);
    world.relay = failing;
    await world.relay.announce(TASK, 0);
    await world.stepFor(10);
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(8);
  });

  it('never leave run(), which ends with its signal', async () => {
    const controller = new AbortController();
    await world.announceAll();
    world.chain.failures.set('task', new Error('boom'));
    const running = world.relay.run(controller.signal);
    for (let i = 0; i < 4; i++) await world.clock.advance(500);
    expect(world.chain.writes).toEqual(['open']);
    controller.abort();
    await running;
  });
});
