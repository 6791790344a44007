/**
 * Each attack of docs/threat-model.md that a relay, an endpoint or a member can try on a round, played against real session,
 * masking and relay code, and what it meets. Worlds are calm, so whatever goes wrong is the attacker's doing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has, members, popcount, without } from '../../src/core/bitmap.ts';
import { type Bytes, fromHex, toHex } from '../../src/core/bytes.ts';
import { parseAnswer } from '../../src/masking/unmask.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { messageRecord, type SequencedMessage } from '../../src/protocol/messages.ts';
import { Phase, VoidReason } from '../../src/protocol/phases.ts';
import type { RelayPort } from '../../src/protocol/ports.ts';
import { hashOf } from '../simulation/contract-twin.ts';
import { useSynchronousCrypto } from '../simulation/crypto.ts';
import { invariants } from '../simulation/invariants.ts';
import { MemoryJournal } from '../simulation/site-parts.ts';
import { CALM, type Site, World, type WorldSetup } from '../simulation/world.ts';

let restore: () => void;
beforeAll(() => {
  restore = useSynchronousCrypto();
});
afterAll(() => restore());

const calm = (setup: Partial<WorldSetup> = {}): WorldSetup => ({
  seed: 7,
  siteCount: 4,
  weather: CALM,
  allowListed: false,
  ...setup,
});

const atMs = 250;

/** Looks at the world four times a second of its time until the act says that it is done. */
function watch(world: World, act: () => boolean): void {
  const look = (elapsedMs: number) => {
    if (act() || world.twin.status !== 'running') return;
    world.after(elapsedMs + atMs, () => look(elapsedMs + atMs));
  };
  look(0);
}

function phaseOf(world: World, round: number): Phase {
  return world.twin.rounds.length < round ? Phase.None : world.twin.view(round).phase;
}

async function promisesKept(world: World): Promise<void> {
  expect([...world.failures, ...(await invariants(world.twin, world.sites, world.parameters, world.spec))]).toEqual([]);
}

const site = (world: World, index: number) => world.sites[index] as Site;

/** A relay that shows other messages than it was given. */
function rewriting(port: RelayPort, rewrite: (entry: SequencedMessage) => SequencedMessage): RelayPort {
  return { ...port, messages: async (task, from, signal) => (await port.messages(task, from, signal)).map(rewrite) };
}

describe('a relay', () => {
  test('that swaps a mask key stops the round and learns nothing', async () => {
    const swapped = toHex(hashOf('a key of the relay'));
    const world = await World.begin(
      calm({
        tamperRelay: (port) =>
          rewriting(port, ({ sequence, message }) => ({
            sequence,
            message:
              message.phase === Phase.Join && messageRecord(message).index === 1
                ? { ...message, body: { ...message.body, maskPublicKey: swapped } }
                : message,
          })),
      }),
    );
    await world.end();
    expect(world.twin.rounds.map(({ state }) => state.voidReason)).toEqual(Array(4).fill(VoidReason.TooFewShares));
    expect(world.twin.rounds.every(({ answers }) => answers.size === 0)).toBe(true);
    await promisesKept(world);
  });

  test('that alters a masked vector loses that member, not the round', async () => {
    const world = await World.begin(
      calm({
        tamperRelay: (port, receiver) => ({
          ...port,
          blobs: {
            ...port.blobs,
            get: async (sha256, signal) => {
              const bytes = await port.blobs.get(sha256, signal);
              const victim = world.twin.rounds.length === 1 && receiver.index !== 2 && altered.has(sha256);
              return victim ? bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) : bytes;
            },
          },
          publish: async (message, signal) => {
            if (message.phase === Phase.Mask && messageRecord(message).index === 2) altered.add(message.body.blob);
            return port.publish(message, signal);
          },
        }),
      }),
    );
    const altered = new Set<string>();
    await world.end();
    expect(world.twin.status).toBe('finished');
    const first = world.twin.view(1);
    expect(first.phase).toBe(Phase.Settled);
    expect(has(first.masked, 2)).toBe(true);
    expect(members(first.u3)).toEqual([0, 1, 3]);
    await promisesKept(world);
  });

  test('that replays records of an earlier round achieves nothing', async () => {
    const world = await World.begin(calm());
    const replayed: string[] = [];
    watch(world, () => {
      if (phaseOf(world, 2) !== Phase.Share || !world.relay) return false;
      void world.relay.messages(1n, 0).then(async (entries) => {
        for (const { message } of entries) {
          if (message.round !== 1 || message.phase !== Phase.Share) continue;
          await world.twin.postRecords(2, Phase.Share, [fromHex(message.record)]);
          await expect(world.relay?.publish({ ...message, round: 2 })).rejects.toMatchObject({ code: 'bad-signature' });
          replayed.push(message.record);
        }
      });
      return true;
    });
    await world.end();
    expect(replayed).toHaveLength(4);
    const digests = world.twin.rounds[1]?.digests.get(Phase.Share);
    for (const record of replayed)
      expect([...(digests?.values() ?? [])].map(toHex)).not.toContain(record.slice(0, 2) + record.slice(6, 70));
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });

  test('that serves a newcomer another history is refused', async () => {
    const world = await World.begin(
      calm({
        siteCount: 5,
        tamperRelay: (port, receiver, { twin }) =>
          receiver.index !== 4
            ? port
            : {
                ...port,
                blobs: {
                  ...port.blobs,
                  get: async (sha256, signal) => {
                    const bytes = await port.blobs.get(sha256, signal);
                    const isSum = twin.rounds.some(({ state }) => state.sumRoot === sha256);
                    return isSum ? bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) : bytes;
                  },
                },
              },
      }),
    );
    const newcomer = site(world, 4);
    world.leave(newcomer);
    watch(world, () => {
      if (phaseOf(world, 2) !== Phase.Settled) return false;
      world.start(newcomer);
      return true;
    });
    await world.end();
    expect(newcomer.errors.join()).toMatch(/bad-hash|void|bad-input/);
    expect(world.twin.rounds.slice(2).every(({ state }) => !state.roster.includes(newcomer.registrationId))).toBe(true);
    world.failures.length = 0; // the newcomer's refusal is what this test is about
    await promisesKept(world);
  });

  test('that sits on the unmask answers is overtaken by the members', async () => {
    const world = await World.begin(calm({ withholdsSum: true, seed: 8 }));
    await world.end();
    expect(world.twin.status).toBe('finished');
    expect(world.twin.rounds.every(({ poster }) => world.sites.some(({ wallet }) => wallet === poster))).toBe(true);
    await promisesKept(world);
  });

  test('that never carries a record is bypassed', async () => {
    const world = await World.begin(
      calm({
        tamperRelay: (port, sender) => ({
          ...port,
          publish: async (message, signal) => {
            if (sender.index === 1 && message.phase === Phase.Ack) return;
            return port.publish(message, signal);
          },
        }),
      }),
    );
    await world.end();
    expect(
      world.twin.rounds.every(({ state }) => has(state.acked, state.roster.indexOf(site(world, 1).registrationId))),
    ).toBe(true);
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });
});

describe('an endpoint', () => {
  test('that shows two sets of survivors gets no answer', async () => {
    const world = await World.begin(
      calm({
        tamperChain: (port, reader) => ({
          ...port,
          survivors: async (task, round, signal) => {
            const true_ = await port.survivors(task, round, signal);
            return reader.index === 0 && round === 1 ? { ...true_, u3: without(true_.u3, 3) } : true_;
          },
        }),
      }),
    );
    await world.end();
    expect(site(world, 0).errors.join()).toContain('two different sets of survivors');
    const index = world.twin.rounds[0]?.state.roster.indexOf(site(world, 0).registrationId) as number;
    expect(has(world.twin.view(1).answered, index)).toBe(false);
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });

  test('that lies about the survivors, and tells the truth after a restart, gets no second kind of share', async () => {
    const answers: Bytes[] = [];
    const world = await World.begin(
      calm({
        tamperChain: (port, reader) => {
          const lie = (u3: bigint, round: number) =>
            reader.index === 0 && round === 1 && !restarted && popcount(u3) === 4 ? without(u3, 3) : u3;
          return {
            ...port,
            round: async (task, round, signal) => {
              const view = await port.round(task, round, signal);
              return { ...view, u3: lie(view.u3, round) };
            },
            survivors: async (task, round, signal) => {
              const true_ = await port.survivors(task, round, signal);
              return { ...true_, u3: lie(true_.u3, round) };
            },
          };
        },
        tamperRelay: (port, sender) => ({
          ...port,
          publish: async (message, signal) => {
            if (sender.index === 0 && message.phase === Phase.Unmask && message.round === 1) {
              answers.push(fromHex(message.body.answer));
              if (!restarted) return; // kept back, so that the contract does not see it
            }
            return port.publish(message, signal);
          },
        }),
        parameters: { survivorFloor: 3 },
      }),
    );
    let restarted = false;
    const victim = site(world, 0);
    watch(world, () => {
      if (answers.length === 0) return false;
      world.crash(victim);
      restarted = true;
      world.after(0, () => world.start(victim));
      return true;
    });
    await world.end();
    expect(victim.errors.join()).toContain('answered before for other survivors');
    expect(new Set(answers.map(toHex)).size).toBe(1);
    expect(members(parseAnswer(answers[0] as Bytes, 4).u3)).toHaveLength(3);
    world.failures.length = 0;
  });
});

describe('a member', () => {
  test('that posts a wrong sum voids the round and loses its bond', async () => {
    const world = await World.begin(calm());
    const poster = site(world, 3).wallet;
    watch(world, () => {
      if (phaseOf(world, 1) !== Phase.Sum) return false;
      world.twin.postSum(1, poster, toHex(hashOf('not the sum')), toHex(hashOf('not the model')));
      return true;
    });
    await world.end();
    expect(world.twin.view(1).voidReason).toBe(VoidReason.SumDisputed);
    expect(world.twin.treasury).toBe(world.parameters.sumBond);
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });

  test('whose journal was rolled back sits the round out and says nothing twice', async () => {
    const world = await World.begin(calm());
    const forgetful = site(world, 2);
    watch(world, () => {
      if (phaseOf(world, 1) !== Phase.Ack) return false;
      world.crash(forgetful);
      forgetful.journal = new MemoryJournal();
      world.after(0, () => world.start(forgetful));
      return true;
    });
    await world.end();
    expect(forgetful.errors.join()).toContain('does not remember what it said');
    const log = (await world.relay?.messages(1n, 0)) ?? [];
    const slots = log.map(({ message }) => `${message.round}/${message.phase}/${messageRecord(message).index}`);
    expect(new Set(slots).size).toBe(slots.length);
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });

  test('that joins and then stays silent does not void a round', async () => {
    const world = await World.begin(calm({ siteCount: 5 }));
    const silent = site(world, 4);
    watch(world, () => {
      if (phaseOf(world, 1) < Phase.Beacon) return false;
      world.leave(silent);
      return true;
    });
    await world.end();
    expect(world.twin.view(1).n).toBe(5);
    expect(world.twin.view(1).phase).toBe(Phase.Settled);
    expect(world.twin.status).toBe('finished');
    await promisesKept(world);
  });
});

describe('on the wire', () => {
  test('a void round tried again over the same data shares no bytes with the first try', async () => {
    const vectors = new Map<string, Bytes[]>();
    const world = await World.begin(
      calm({
        tamperRelay: (port, sender) => ({
          ...port,
          publish: async (message, signal) => {
            if (message.phase === Phase.Mask) {
              const key = `${sender.index}/${world.twin.view(message.round).step}`;
              const bytes = await port.blobs.get(message.body.blob as `0x${string}`, signal);
              const sent = vectors.get(key) ?? [];
              if (!sent.some((other) => toHex(other) === toHex(bytes))) vectors.set(key, [...sent, bytes]);
            }
            return port.publish(message, signal);
          },
        }),
      }),
    );
    watch(world, () => {
      if (phaseOf(world, 1) !== Phase.Sum) return false;
      world.twin.postSum(1, site(world, 3).wallet, toHex(hashOf('no')), toHex(hashOf('no')));
      return true;
    });
    await world.end();
    const repeated = [...vectors.values()].filter((sent) => sent.length === 2);
    expect(repeated).toHaveLength(4);
    let same = 0;
    let total = 0;
    for (const [first, second] of repeated as [Bytes, Bytes][]) {
      for (const [i, byte] of first.entries()) same += byte === second[i] ? 1 : 0;
      total += first.length;
    }
    // 1/256 by chance; the same mask over the same data would make every byte equal
    expect(same / total).toBeLessThan(0.05);
    await promisesKept(world);
  });

  test('a site that crashes before its vector arrived sends the very same bytes afterwards', async () => {
    const blobs: string[] = [];
    const world = await World.begin(
      calm({
        tamperRelay: (port, sender) => ({
          ...port,
          publish: async (message, signal) => {
            if (sender.index === 1 && message.phase === Phase.Mask && message.round === 1) {
              blobs.push(message.body.blob);
              if (blobs.length === 1) throw new MurmurError('unreachable', 'lost on the way');
            }
            return port.publish(message, signal);
          },
        }),
      }),
    );
    const crashing = site(world, 1);
    watch(world, () => {
      if (blobs.length === 0) return false;
      world.crash(crashing);
      world.after(0, () => world.start(crashing));
      return true;
    });
    await world.end();
    expect(blobs.length).toBeGreaterThan(1);
    expect(new Set(blobs).size).toBe(1);
    const index = world.twin.rounds[0]?.state.roster.indexOf(crashing.registrationId) as number;
    expect(has(world.twin.view(1).u3, index)).toBe(true);
    await promisesKept(world);
  });
});
