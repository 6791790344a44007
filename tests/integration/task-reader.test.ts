/** How tasks are read for the page: few requests, each thing once, and no task that spoils the list for the others. */
import { beforeEach, describe, expect, test } from 'vitest';
import { COUNT } from '../../src/aggregation/binary-counts.ts';
import { evaluationSegment } from '../../src/aggregation/evaluation-counts.ts';
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { type Bytes, type Hex, toHex, utf8 } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { packVector } from '../../src/masking/encode.ts';
import { Phase } from '../../src/protocol/phases.ts';
import type { ChainReader, RelayPort } from '../../src/protocol/ports.ts';
import { taskSpecBytes } from '../../src/protocol/task-spec.ts';
import { type RoundView, type TaskView, ZERO_HASH } from '../../src/protocol/views.ts';
import { TaskReader } from '../../workers/task-reader.ts';
import { newestRounds, sampledRounds } from '../../workers/task-view.ts';
import type { World } from '../../workers/world.ts';

const spec = heartTaskSpec({ training: { ...heartTaskSpec().training, rounds: 300 } });
const NETWORK = {
  chainId: 31337,
  rpcUrl: '',
  relayUrl: '',
  coordinator: ZERO_HASH,
  flock: ZERO_HASH,
  beacon: ZERO_HASH,
  openTask: '1',
  local: true,
} as const;

/** A chain and a relay in memory that count what they are asked. */
class Sources {
  readonly tasks: TaskView[] = [];
  readonly rounds = new Map<string, RoundView>();
  readonly blobs = new Map<Hex, Bytes>();
  asked = { tasks: 0, rounds: 0, blobs: 0 };

  readonly reader = new TaskReader({} as World, async () => ({
    chain: this.#chain as ChainReader,
    relay: this.#relay as RelayPort,
  }));

  readonly #chain: Partial<ChainReader> = {
    taskCount: async () => BigInt(this.tasks.length),
    task: async (id) => {
      this.asked.tasks++;
      const view = this.tasks[Number(id) - 1];
      if (view === undefined) throw new MurmurError('not-found', 'no such task');
      return view;
    },
    round: async (id, number) => {
      this.asked.rounds++;
      const view = this.rounds.get(`${id}/${number}`);
      if (view === undefined) throw new MurmurError('not-found', 'no such round');
      return view;
    },
  };

  readonly #relay: Partial<RelayPort> = {
    blobs: {
      get: async (hash) => {
        this.asked.blobs++;
        const bytes = this.blobs.get(hash);
        if (bytes === undefined) throw new MurmurError('not-found', 'no such blob');
        return bytes;
      },
      has: async () => false,
      put: async () => ZERO_HASH,
    },
  };

  async keep(bytes: Bytes): Promise<Hex> {
    const hash = toHex(await sha256(bytes));
    this.blobs.set(hash, bytes);
    return hash;
  }

  /** The first round gives the averages, the last one is live, all between have settled. */
  async add(specHash: Hex, rounds: number, sumRoot: Hex): Promise<void> {
    const task = BigInt(this.tasks.length + 1);
    this.tasks.push({
      task,
      creator: ZERO_HASH,
      specHash,
      parameters: {
        minCohort: 3,
        maxCohort: 16,
        trainingRounds: 300,
        corruptBps: 2_500,
        survivorFloor: 3,
        joinSeconds: 10,
        phaseSeconds: 20,
        beaconSeconds: 20,
        maxVoids: 5,
        allowListed: false,
        stake: 10n ** 18n,
        sumBond: 0n,
        pool: 0n,
      },
      status: 'running',
      step: rounds,
      round: rounds,
      modelHash: ZERO_HASH,
      poolLeft: 0n,
      registrations: 4,
      consecutiveVoids: 0,
      createdAtBlock: 1n,
    });
    for (let number = 1; number <= rounds; number++) {
      const live = number === rounds;
      this.rounds.set(`${task}/${number}`, {
        task,
        round: number,
        step: number - 1,
        phase: live ? Phase.Mask : Phase.Settled,
        phaseEndsAt: live ? 5_000 : 0,
        joinEndsAt: 1_000 + 100 * number,
        openedAtBlock: BigInt(number),
        beaconRound: 0n,
        beacon: ZERO_HASH,
        baseModel: ZERO_HASH,
        n: 4,
        corrupt: 1,
        threshold: 3,
        rosterHash: ZERO_HASH,
        dealt: 15n,
        acked: 15n,
        u2: 15n,
        masked: 15n,
        attested: 15n,
        u3: 7n,
        answered: 7n,
        voted: 7n,
        sumRoot,
        modelHash: ZERO_HASH,
        accepted: true,
        voidReason: 0,
      });
    }
  }
}

/** 40 rows, 30 of them right. */
function sumOf(step: number): Bytes {
  const layout = roundLayout(spec, step);
  const values = layout.map(({ length }) => new Float64Array(length));
  const counts = new Float64Array(evaluationSegment(spec).length);
  counts[COUNT.truePositives] = 15;
  counts[COUNT.falsePositives] = 5;
  counts[COUNT.trueNegatives] = 15;
  counts[COUNT.falseNegatives] = 5;
  counts[COUNT.rows] = 40;
  counts[COUNT.negatives] = 20;
  counts[COUNT.positives] = 20;
  const [low, high] = [8, 8 + spec.evaluation.bins];
  counts[low] = 15;
  counts[low + spec.evaluation.bins - 1] = 5;
  counts[high] = 5;
  counts[high + spec.evaluation.bins - 1] = 15;
  values[layout.findIndex(({ purpose }) => purpose === 'evaluation')] = counts;
  return packVector(layout, values);
}

let sources: Sources;
let specHash: Hex;
let sumRoot: Hex;
beforeEach(async () => {
  sources = new Sources();
  specHash = await sources.keep(taskSpecBytes(spec));
  sumRoot = await sources.keep(sumOf(1));
});

describe('the list of tasks', () => {
  test('twenty tasks of many rounds take few reads, and hardly any the second time', async () => {
    for (let i = 0; i < 20; i++) await sources.add(specHash, 120, sumRoot);
    const { tasks } = await sources.reader.list(NETWORK, 20, undefined);
    expect(tasks.map(({ task }) => task)).toEqual(Array.from({ length: 20 }, (_, i) => String(20 - i)));
    expect(sources.asked.tasks + sources.asked.rounds).toBeLessThanOrEqual(140);
    sources.asked = { tasks: 0, rounds: 0, blobs: 0 };
    await sources.reader.list(NETWORK, 20, undefined);
    // The tasks, and their live rounds.
    expect(sources.asked).toEqual({ tasks: 20, rounds: 20, blobs: 0 });
  });

  test('tells of the live round, and of first and newest figures', async () => {
    await sources.add(specHash, 40, sumRoot);
    const { tasks, next } = await sources.reader.list(NETWORK, 5, undefined);
    expect(next).toBeUndefined();
    expect(tasks[0]).toMatchObject({ phase: 'mask', phaseEndsAtMs: 5_000_000, joined: 4, sites: 4, stake: '1' });
    const figures = tasks[0]?.figures ?? [];
    expect(figures[0]).toEqual({ after: 0, value: 0.75 });
    expect(figures.map(({ after }) => after)).toEqual([...figures].map(({ after }) => after).sort((a, b) => a - b));
  });

  test('comes in pages, and takes any place to begin', async () => {
    for (let i = 0; i < 5; i++) await sources.add(specHash, 0, sumRoot);
    const ids = async (count: number, before?: string) => {
      const page = await sources.reader.list(NETWORK, count, before);
      return [page.tasks.map(({ task }) => task), page.next];
    };
    expect(await ids(2)).toEqual([['5', '4'], '4']);
    expect(await ids(2, '4')).toEqual([['3', '2'], '2']);
    expect(await ids(2, '2')).toEqual([['1'], undefined]);
    expect(await ids(2, '1')).toEqual([[], undefined]);
    expect(await ids(2, '900')).toEqual([['5', '4'], '4']);
    await expect(ids(2, 'x')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ids(0)).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('a task without a description, or with nonsense for one, is listed and spoils nothing', async () => {
    await sources.add(specHash, 3, sumRoot);
    await sources.add(await sources.keep(utf8('{"version":"nonsense"}')), 3, sumRoot);
    await sources.add(ZERO_HASH, 3, sumRoot);
    await sources.add(specHash, 3, await sources.keep(utf8('no sum')));
    const { tasks } = await sources.reader.list(NETWORK, 9, undefined);
    expect(tasks.map(({ title, figures }) => [title, figures.length])).toEqual([
      [spec.title, 0],
      ['', 0],
      ['', 0],
      [spec.title, 1],
    ]);
    expect(tasks.map(({ phase }) => phase)).toEqual(['mask', 'mask', 'mask', 'mask']);
    sources.asked.blobs = 0;
    await sources.reader.list(NETWORK, 9, undefined);
    expect(sources.asked.blobs).toBe(0);
  });
});

describe('one task', () => {
  test('shows its newest 200 rounds, newest first, with the time of the chain', async () => {
    await sources.add(specHash, 260, sumRoot);
    const { rounds, spec: read, privacy } = await sources.reader.detail(NETWORK, '1');
    expect(read).toEqual(spec);
    expect(privacy).toMatchObject({ open: expect.arrayContaining(['update']) });
    expect(await sources.reader.terms(NETWORK, '1')).toMatchObject({ spec, place: { live: { round: 260 } } });
    expect([rounds.length, rounds[0]?.round, rounds.at(-1)?.round]).toEqual([200, 260, 61]);
    expect(rounds[0]).toMatchObject({ openedAtMs: 26_990_000, phaseEndsAtMs: 5_000_000, survivors: 3 });
    expect(rounds[0]).not.toHaveProperty('outcome');
    expect(rounds[1]).toMatchObject({ outcome: 'accepted', phaseEndsAtMs: 0, together: { rows: 40, accuracy: 0.75 } });
  });

  test('says apart that the task is not there, and that its description is not', async () => {
    await sources.add(ZERO_HASH, 0, sumRoot);
    await expect(sources.reader.detail(NETWORK, '1')).rejects.toMatchObject({
      code: 'not-found',
      details: { missing: 'description' },
    });
    await expect(sources.reader.detail(NETWORK, '7')).rejects.toMatchObject({ code: 'not-found', details: {} });
  });

  test('asks again for a description that came late', async () => {
    sources.blobs.delete(specHash);
    await sources.add(specHash, 0, sumRoot);
    await expect(sources.reader.detail(NETWORK, '1')).rejects.toMatchObject({ code: 'not-found' });
    await sources.keep(taskSpecBytes(spec));
    expect((await sources.reader.detail(NETWORK, '1')).title).toBe(spec.title);
  });

  test('a task without a round is verified at once', async () => {
    await sources.add(specHash, 0, sumRoot);
    const seen: [number, number][] = [];
    const result = await sources.reader.verify(NETWORK, '1', (done, total) => void seen.push([done, total]));
    expect(result).toMatchObject({ matches: true, rounds: 0 });
    expect(seen).toEqual([[0, 0]]);
  });

  test('verifying stops when it is told to', async () => {
    await sources.add(specHash, 5, sumRoot);
    await expect(sources.reader.verify(NETWORK, '1', () => undefined, AbortSignal.abort())).rejects.toBeDefined();
  });
});

describe('rounds of a list', () => {
  test('are all of a short task, and few of a long one', () => {
    expect(sampledRounds(0, 6)).toEqual([]);
    expect(sampledRounds(1, 6)).toEqual([1]);
    expect(sampledRounds(6, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(sampledRounds(14, 6)).toEqual([2, 4, 7, 9, 12, 14]);
    expect(new Set(sampledRounds(7, 6)).size).toBe(6);
    expect(newestRounds(5, 3)).toEqual([3, 4, 5]);
  });
});
