/** AllianceClient reads a round's events: whole, or not at all; whatever the endpoint says and however the chain is reorganised. */
import { custom, encodeEventTopics, type Transport } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allianceCoordinatorAbi } from '../../contracts-abi/abi.ts';
import type { Hex } from '../../src/core/bytes.ts';
import { Phase, RECORD_PHASES, type RecordPhase } from '../../src/protocol/phases.ts';
import { answerOf, Cast, digestOf, MEMBERS } from './support-cast.ts';
import { DEPLOYER, TestChain } from './support-chain.ts';

interface RawLog {
  topics: Hex[];
  data: Hex;
}

let chain: TestChain;
beforeAll(async () => {
  chain = await TestChain.start(MEMBERS);
});
afterAll(() => chain?.stop());

async function expectedDigests(phase: RecordPhase, round: number, members: readonly number[] = [0, 1, 2, 3]) {
  return new Map(await Promise.all(members.map(async (i) => [i, await digestOf(phase, i, round)] as const)));
}

describe('a round with every kind of record', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Have);
    // In two batches, the second of which does not have the order of the indices.
    await cast.speak(1, Phase.Have, [1]);
    await cast.speak(1, Phase.Have, [3, 0, 2]);
    await cast.carryOn(1, Phase.Unmask, Phase.Settled);
  });

  test('gives all digests of every phase, and all answers', async () => {
    const client = chain.clientOf(DEPLOYER);
    for (const phase of RECORD_PHASES) {
      expect(await client.digests(cast.task, 1, phase)).toEqual(await expectedDigests(phase, 1));
    }
    expect(await client.answers(cast.task, 1)).toEqual(new Map([0, 1, 2, 3].map((i) => [i, answerOf(i, 1)])));
  });

  test('tells where each record is', async () => {
    const client = chain.clientOf(DEPLOYER);
    const places = await Promise.all([1, 3, 0].map((i) => client.recordPlace(cast.task, 1, Phase.Have, i)));
    const [first, second, third] = places;
    expect(first?.digest).toEqual(await digestOf(Phase.Have, 1, 1));
    // Two batches: two transactions, in order.
    expect(second?.transaction).toBe(third?.transaction);
    expect(first?.transaction).not.toBe(second?.transaction);
    expect(first && second && first.block <= second.block).toBe(true);
    const transaction = second?.transaction ?? '0x';
    expect(await client.transactionPlace(transaction)).toEqual({ block: second?.block, succeeded: true });
    expect(await client.transactionPlace(`0x${'12'.repeat(32)}`)).toBeUndefined();
    expect(await client.recordPlace(cast.task, 1, Phase.Have, 99)).toBeUndefined();
  });

  test('gives them to many who ask at once', async () => {
    const client = chain.clientOf(DEPLOYER);
    const all = await Promise.all(RECORD_PHASES.map((phase) => client.digests(cast.task, 1, phase)));
    expect(all.map((digests) => digests.size)).toEqual(RECORD_PHASES.map(() => MEMBERS));
  });

  const records = encodeEventTopics({ abi: allianceCoordinatorAbi, eventName: 'Records' })[0];
  const unmask = encodeEventTopics({ abi: allianceCoordinatorAbi, eventName: 'UnmaskAnswer' })[0];
  const isRecords = (log: RawLog) => log.topics[0] === records;
  const isAnswer = (log: RawLog) => log.topics[0] === unmask;
  const lies: readonly [string, (logs: RawLog[]) => RawLog[]][] = [
    ['hides a batch', (logs) => logs.filter((log) => log !== logs.find(isRecords))],
    ['hides the last batch', (logs) => logs.filter((log) => log !== logs.findLast(isRecords))],
    ['hides all', () => []],
    ['alters a digest', (logs) => logs.map((log) => (log === logs.find(isRecords) ? altered(log) : log))],
    ['changes the order', (logs) => [...logs].reverse()],
    ['shows a batch twice', (logs) => logs.flatMap((log) => (log === logs.find(isRecords) ? [log, log] : [log]))],
    ['hides an answer', (logs) => logs.filter((log) => log !== logs.find(isAnswer))],
    ['alters an answer', (logs) => logs.map((log) => (log === logs.findLast(isAnswer) ? altered(log) : log))],
  ];

  test.each(lies)('an endpoint that %s is found out', async (_, lie) => {
    const liar = chain.clientOf(DEPLOYER, lying(lie));
    await expect(liar.digests(cast.task, 1, Phase.Share)).rejects.toMatchObject({ code: 'bad-hash' });
    await expect(liar.answers(cast.task, 1)).rejects.toMatchObject({ code: 'bad-hash' });
  });

  test('an endpoint that has lied once is believed when it is honest again', async () => {
    let honest = false;
    const client = chain.clientOf(
      DEPLOYER,
      lying((logs) => (honest ? logs : logs.filter((log) => !isRecords(log)))),
    );
    await expect(client.digests(cast.task, 1, Phase.Vote)).rejects.toMatchObject({ code: 'bad-hash' });
    honest = true;
    expect(await client.digests(cast.task, 1, Phase.Vote)).toEqual(await expectedDigests(Phase.Vote, 1));
  });
});

describe('after a reorganisation', () => {
  let cast: Cast;
  let snapshot: Hex;
  beforeAll(async () => {
    cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Share);
  });
  beforeEach(async () => {
    snapshot = await chain.rpc<Hex>('evm_snapshot');
  });
  afterEach(() => reorganise());
  const reorganise = async () => {
    expect(await chain.rpc('evm_revert', [snapshot])).toBe(true);
    snapshot = await chain.rpc<Hex>('evm_snapshot');
  };
  const shares = () => cast.client.digests(cast.task, 1, Phase.Share);

  test('other records take the place of the lost ones', async () => {
    await cast.speak(1, Phase.Share, [0, 1]);
    const before = await shares();
    expect(before).toEqual(await expectedDigests(Phase.Share, 1, [0, 1]));
    await reorganise();
    expect(await shares()).toEqual(new Map());
    await cast.speak(1, Phase.Share, [3]);
    await cast.speak(1, Phase.Share, [0]);
    expect(await shares()).toEqual(await expectedDigests(Phase.Share, 1, [3, 0]));
    // What was read before is the caller's.
    expect(before).toEqual(await expectedDigests(Phase.Share, 1, [0, 1]));
  });

  test('a branch that is longer than what was read is followed too', async () => {
    await cast.speak(1, Phase.Share, [2]);
    await shares();
    await reorganise();
    await cast.speak(1, Phase.Share, [1]);
    for (let count = 0; count < 3; count++) await chain.rpc('evm_mine');
    await cast.speak(1, Phase.Share, [2]);
    expect(await shares()).toEqual(await expectedDigests(Phase.Share, 1, [1, 2]));
  });

  test('a round that was opened in an earlier block is read from there', async () => {
    const moved = await Cast.gather(chain);
    const own = await chain.rpc<Hex>('evm_snapshot');
    for (let count = 0; count < 4; count++) await chain.rpc('evm_mine');
    await moved.client.open(moved.task);
    await moved.speak(1, Phase.Join, [0]);
    expect((await moved.client.digests(moved.task, 1, Phase.Join)).size).toBe(1);
    await chain.rpc('evm_revert', [own]);
    await moved.client.open(moved.task);
    await moved.speak(1, Phase.Join, [2, 1]);
    for (let count = 0; count < 6; count++) await chain.rpc('evm_mine');
    const joins = await moved.client.digests(moved.task, 1, Phase.Join);
    expect([...joins.keys()]).toEqual([2, 1]);
  });
});

/** An endpoint that is honest but for its events. */
function lying(lie: (logs: RawLog[]) => RawLog[]): Transport {
  return custom(
    {
      async request({ method, params }: { method: string; params: readonly unknown[] }) {
        const answer = await chain.rpc<unknown>(method, params);
        return method === 'eth_getLogs' ? lie(answer as RawLog[]) : answer;
      },
    },
    { retryCount: 0 },
  );
}

/** With another digit in what follows phase or index, offset and length: in the first digest, or in the answer. */
function altered(log: RawLog): RawLog {
  const at = 2 + 3 * 64 + 10;
  const digit = log.data[at] === 'a' ? 'b' : 'a';
  return { ...log, data: `${log.data.slice(0, at)}${digit}${log.data.slice(at + 1)}` as Hex };
}
