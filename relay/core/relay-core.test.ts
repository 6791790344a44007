/** RelayCore over a virtual clock: it batches once, opens, syncs, sums, and goes on after a restart in any phase. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MurmurError } from '../../src/core/errors.ts';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import { MemoryStore } from '../stores/memory.ts';
import { ChainStub } from '../testing/chain-stub.ts';
import { Cohort, toySigner, verifyToy } from '../testing/cohort.ts';
import { settle, VirtualClock } from '../testing/virtual-clock.ts';
import { RelayCore } from './relay-core.ts';
import type { RelayEvent, RelayOptions } from './types.ts';

const TASK = 1n;
const SITES = 4;

let clock: VirtualClock;
let chain: ChainStub;
let store: MemoryStore;
let cohort: Cohort;
let events: RelayEvent[];
let relay: RelayCore;
let sums: number;

function start(options: Partial<RelayOptions> = {}): RelayCore {
  return new RelayCore({
    store,
    chain,
    clock,
    verifySignature: verifyToy,
    beacon: { signature: async () => new Uint8Array(32).fill(9) },
    aggregate: async () => {
      sums += 1;
      const [sum, model] = [utf8('sum'), utf8('model')];
      return { sum, model, sumRoot: toHex(await sha256(sum)), modelHash: toHex(await sha256(model)) };
    },
    options,
    onEvent: (event) => events.push(event),
  });
}

beforeEach(() => {
  clock = new VirtualClock();
  chain = new ChainStub(clock, { maxCohort: SITES });
  store = new MemoryStore();
  const signers = Array.from({ length: SITES }, (_, i) => toySigner(i));
  cohort = new Cohort(chain.addTask(signers.map(({ address }) => address)), signers);
  events = [];
  sums = 0;
  relay = start();
});

const view = () => chain.round(TASK, 1);
const batches = () => chain.writes.filter((write) => write.startsWith('records/'));

async function stepFor(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 2; i++) {
    await relay.step();
    await clock.advance(500);
  }
}

async function announceAll(): Promise<void> {
  for (let id = 0; id < SITES; id++) await relay.announce(TASK, id);
}

/** Brings a round to the wanted phase with all sites speaking. `restart`: a new relay before every step of the way. */
async function reach(target: Phase, restart = false): Promise<void> {
  const renew = () => {
    if (restart) relay = start();
  };
  await announceAll();
  await relay.step();
  for (let id = 0; id < SITES; id++) {
    renew();
    await relay.publish(await cohort.join(id, 1));
  }
  for (let i = 0; i < 400; i++) {
    const { phase } = await view();
    if (phase >= target) return;
    renew();
    await relay.step();
    await settle();
    await relay.step();
    await speak(phase, renew);
    await clock.advance(500);
  }
  throw new Error(
    `phase ${target} was not reached: ${JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`,
  );
}

async function speak(phase: Phase, renew: () => void): Promise<void> {
  const waitsForRecords = (
    [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as Phase[]
  ).includes(phase);
  const now = await view();
  if (!waitsForRecords || now.phase !== phase) return;
  for (let index = 0; index < SITES; index++) {
    renew();
    await relay.publish(await cohort.message(now, phase as Exclude<RecordPhase, 1>, index, relay.blobs));
  }
}

describe('opening', () => {
  it('opens at once when everybody who is registered is here', async () => {
    await announceAll();
    await relay.step();
    expect(chain.writes).toEqual(['open']);
  });

  it('waits a moment for more once the smallest cohort is here, and not for ever', async () => {
    for (const id of [0, 1]) await relay.announce(TASK, id);
    await stepFor(5);
    expect(chain.writes).toEqual([]);
    for (const id of [0, 1, 2]) await relay.announce(TASK, id);
    await stepFor(2);
    expect(chain.writes).toEqual([]);
    await stepFor(2);
    expect(chain.writes).toEqual(['open']);
  });

  it('does not count who went away', async () => {
    for (const id of [0, 1]) await relay.announce(TASK, id);
    await clock.advance(21_000);
    for (const id of [2, 3]) await relay.announce(TASK, id);
    await stepFor(10);
    expect(chain.writes).toEqual([]);
  });

  it('opens again after a void round, once', async () => {
    await announceAll();
    await stepFor(15);
    await announceAll();
    await stepFor(10);
    expect((await view()).phase).toBe(Phase.Void);
    expect(chain.writes.filter((write) => write === 'open')).toHaveLength(2);
    expect(events).toContainEqual({ kind: 'void', task: TASK, round: 1 });
  });

  it('refuses who is not registered, and tasks that are over or unknown', async () => {
    await expect(relay.announce(TASK, 9)).rejects.toMatchObject({ code: 'not-found' });
    await expect(relay.announce(7n, 0)).rejects.toMatchObject({ code: 'not-found' });
    const entry = chain.tasks.get(TASK);
    if (entry) entry.status = 'finished';
    await expect(relay.announce(TASK, 0)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a whole round', () => {
  it('posts every phase in one batch and ends settled', async () => {
    await reach(Phase.Settled);
    await relay.step();
    expect(batches()).toEqual([1, 3, 4, 5, 6, 7, 9].map((phase) => `records/${phase}/${SITES}`));
    expect(chain.writes.filter((write) => write === 'sum')).toHaveLength(1);
    expect(sums).toBe(1);
    expect(events.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(events).toContainEqual({ kind: 'settled', task: TASK, round: 1 });
    expect((await chain.answers(TASK, 1)).size).toBe(SITES);
    expect(await relay.blobs.has(toHex(await sha256(utf8('model'))))).toBe(true);
  });

  it('loses nothing when the relay restarts before everything it does', async () => {
    await reach(Phase.Settled, true);
    expect((await view()).voted).toBe(15n);
    expect(await store.logLength('1')).toBe(7 * SITES);
  });

  it('posts what a relay had queued when it was killed', async () => {
    await reach(Phase.Share);
    const now = await view();
    for (const index of [0, 1]) await relay.publish(await cohort.message(now, Phase.Share, index, relay.blobs));
    relay = start();
    await relay.step();
    expect((await view()).dealt).toBe(3n);
    const before = batches().length;
    relay = start();
    await stepFor(5);
    expect(batches()).toHaveLength(before);
  });
});

describe('batches', () => {
  beforeEach(() => reach(Phase.Share));

  it('wait for others, but not longer than the delay', async () => {
    const before = batches().length;
    await relay.publish(await cohort.message(await view(), Phase.Share, 2, relay.blobs));
    await relay.step();
    expect(batches()).toHaveLength(before);
    await stepFor(2.5);
    expect(batches().slice(before)).toEqual(['records/3/1']);
    await stepFor(30);
    expect(batches()).toHaveLength(before + 1);
  });

  it('are posted again when the chain was unreachable', async () => {
    await relay.publish(await cohort.message(await view(), Phase.Share, 2, relay.blobs));
    const before = batches().length;
    chain.failures.set('postRecords', new MurmurError('unreachable', 'down'));
    await stepFor(3);
    expect((await view()).dealt).toBe(4n);
    expect(batches().slice(before)).toEqual(['records/3/1', 'records/3/1']);
  });

  it('are halved when the chain refuses one, so that one record cannot hold the others', async () => {
    const now = await view();
    const before = batches().length;
    const refuse = async () => {
      chain.failures.set('postRecords', new MurmurError('bad-input', 'no'));
      await relay.step();
    };
    for (let index = 0; index < SITES; index++)
      await relay.publish(await cohort.message(now, Phase.Share, index, relay.blobs));
    await refuse();
    await refuse();
    await refuse();
    await relay.step();
    expect(batches().slice(before)).toEqual(['records/3/4', 'records/3/2', 'records/3/1', 'records/3/3']);
    expect((await view()).dealt).toBe(14n);
  });

  it('go out before the deadline even when they could wait', async () => {
    await clock.advance(57_500);
    await relay.publish(await cohort.message(await view(), Phase.Share, 1, relay.blobs));
    await relay.step();
    expect((await view()).dealt).toBe(2n);
  });
});

describe('deadlines', () => {
  it('are put on record when the chain does not move by itself, once in a while', async () => {
    await reach(Phase.Share);
    chain.frozen = true;
    await clock.advance(60_000);
    await stepFor(1);
    expect(chain.writes).not.toContain('sync');
    await stepFor(4);
    expect(chain.writes.filter((write) => write === 'sync')).toHaveLength(1);
    expect((await view()).phase).toBe(Phase.Void);
  });

  it('end a round that nobody follows with one sync', async () => {
    await reach(Phase.Share);
    await clock.advance(70_000);
    await stepFor(60);
    expect(chain.writes.filter((write) => write === 'sync')).toHaveLength(1);
  });
});

describe('messages', () => {
  it('have one place in the log, in order, however often they come', async () => {
    await announceAll();
    await relay.step();
    const joins = await Promise.all([0, 1, 2].map((id) => cohort.join(id, 1)));
    const seen: number[] = [];
    const stop = relay.onMessage((_task, { sequence }) => seen.push(sequence));
    const places = await Promise.all([...joins, ...joins].map((message) => relay.admit(message, undefined)));
    stop();
    expect(new Set(places.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3]));
    expect(places.filter(({ added }) => added)).toHaveLength(3);
    expect(seen.sort()).toEqual([1, 2, 3]);
    const log = await relay.messages(TASK, 0);
    expect(log.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await relay.messages(TASK, 3)).toEqual(log.slice(2));
    expect(await relay.messages(TASK, 4)).toEqual([]);
  });

  it('are refused when altered, early, late, foreign, or without their blob', async () => {
    await announceAll();
    await relay.step();
    const join = await cohort.join(0, 1);
    const altered = { ...join, body: { ...join.body, maskPublicKey: `0x${'11'.repeat(32)}` } };
    await expect(relay.publish(altered as typeof join)).rejects.toMatchObject({ code: 'bad-hash' });
    const stolen = { ...join, record: join.record.replace(/^0x0000/, '0x0001') } as typeof join;
    await expect(relay.publish(stolen)).rejects.toMatchObject({ code: 'bad-signature' });
    await expect(relay.publish({ ...join, round: 2 })).rejects.toMatchObject({
      code: 'refused',
      details: { early: true },
    });
    await expect(relay.admit(join, 1)).rejects.toMatchObject({ code: 'refused' });
    await expect(relay.admit({ ...join, extra: 1 }, 0)).rejects.toMatchObject({ code: 'bad-input' });
    const early = await cohort.message(await view(), Phase.Share, 0, relay.blobs);
    await expect(relay.publish(early)).rejects.toMatchObject({ code: 'refused', details: { early: true } });

    await reach(Phase.Share);
    const now = await view();
    const share = await cohort.message(now, Phase.Share, 1, relay.blobs);
    if (share.phase === Phase.Share) await store.deleteBlob(share.body.bundle as `0x${string}`);
    await expect(relay.publish(share)).rejects.toMatchObject({ code: 'not-found' });
    await relay.publish(await cohort.message(now, Phase.Share, 1, relay.blobs));
    expect(await relay.admit(join, 0)).toEqual({ sequence: 1, added: false });
    await clock.advance(200_000);
    await expect(relay.publish(await cohort.message(now, Phase.Share, 2, relay.blobs))).rejects.toMatchObject({
      code: 'refused',
      details: { late: true },
    });
  });

  it('of a member that joined on the chain itself are kept after the join phase', async () => {
    await announceAll();
    await relay.step();
    const joins = await Promise.all([0, 1, 2, 3].map((id) => cohort.join(id, 1)));
    for (const message of joins)
      await chain.postRecords(TASK, 1, Phase.Join, [Buffer.from(message.record.slice(2), 'hex')]);
    await clock.advance(21_000);
    await stepFor(1);
    await relay.publish(joins[2] as (typeof joins)[0]);
    expect(await store.logLength('1')).toBe(1);
    expect(batches()).toHaveLength(4);
  });

  it('that contradict each other are kept as evidence, up to a few, and only the first is posted', async () => {
    await reach(Phase.Share);
    const now = await view();
    const variants = await Promise.all(
      [0, 1, 2, 3, 4].map((variant) => cohort.message(now, Phase.Share, 0, relay.blobs, variant)),
    );
    for (const message of variants.slice(0, 4)) await relay.publish(message);
    await expect(relay.publish(variants[4] as (typeof variants)[0])).rejects.toMatchObject({ code: 'conflict' });
    expect(events.filter(({ kind }) => kind === 'equivocation')).toHaveLength(3);
    relay = start();
    await relay.step();
    const posted = (await chain.digests(TASK, 1, Phase.Share)).get(0);
    expect(variants[0]?.record.slice(6, 70)).toBe(toHex(posted as Uint8Array).slice(2));
  });
});

describe('faults', () => {
  it('of one task do not stop another', async () => {
    const others = Array.from({ length: SITES }, (_, i) => toySigner(10 + i));
    const second = chain.addTask(others.map(({ address }) => address));
    await announceAll();
    for (let id = 0; id < SITES; id++) await relay.announce(second, id);
    chain.failures.set('task', new Error('boom'));
    await relay.step();
    expect(chain.writes).toEqual(['open']);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'error', task: TASK }));
    await relay.step();
    expect(chain.writes).toEqual(['open', 'open']);
  });

  it('of a chain that never answers end at the deadline', async () => {
    await announceAll();
    chain.open = () => new Promise(() => undefined);
    let ended = false;
    const stepping = relay.step().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    await clock.advance(30_000);
    await stepping;
    expect(events).toContainEqual(
      expect.objectContaining({ during: 'opening a round', error: expect.objectContaining({ code: 'timeout' }) }),
    );
  });

  it('of the aggregator are tried again while the phase lasts', async () => {
    let attempts = 0;
    const failing = new RelayCore({
      store,
      chain,
      clock,
      verifySignature: verifyToy,
      aggregate: async () => {
        attempts += 1;
        throw new MurmurError('not-found', 'evidence is missing');
      },
      onEvent: (event) => events.push(event),
    });
    await reach(Phase.Sum);
    relay = failing;
    await relay.announce(TASK, 0);
    await stepFor(10);
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(8);
  });

  it('never leave run(), which ends with its signal', async () => {
    const controller = new AbortController();
    await announceAll();
    chain.failures.set('task', new Error('boom'));
    const running = relay.run(controller.signal);
    for (let i = 0; i < 4; i++) await clock.advance(500);
    expect(chain.writes).toEqual(['open']);
    controller.abort();
    await running;
  });
});
