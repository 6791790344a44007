/** Creating a task as the page's worker does it: the real contract, a real relay, and failures in between. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningRelay, startRelay } from '../../relay/server/start.ts';
import { fetchSpec } from '../../src/aggregation/verify.ts';
import { type Bytes, type Hex, toHex } from '../../src/core/bytes.ts';
import { hasCode } from '../../src/core/errors.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { createLedger } from '../../src/network/ledger.ts';
import { createSender } from '../../src/network/sender.ts';
import { beaconPhaseSeconds, checkTaskParameters, taskParameters } from '../../src/protocol/task-parameters.ts';
import { taskSpecBytes, taskSpecHash } from '../../src/protocol/task-spec.ts';
import type { TaskParameters } from '../../src/protocol/views.ts';
import type { Vault } from '../../src/storage/vault.ts';
import type { TaskDraft } from '../../workers/api/create.ts';
import type { NetworkInfo } from '../../workers/api/network.ts';
import { beaconWaitSeconds, createLocally, creationCalls, finishCreation } from '../../workers/create.ts';
import { networkName } from '../../workers/world.ts';
import { BEACON, DEPLOYER, TestChain, walletKey, walletNumber } from './support-chain.ts';

const DEAD_RELAY = 'http://127.0.0.1:1';

let chain: TestChain;
let relay: RunningRelay;
let folder: string;
let network: NetworkInfo;
beforeAll(async () => {
  chain = await TestChain.start(2);
  await chain.rpc('anvil_setBalance', [address(0), '0xde0b6b3a7640000']);
  folder = await mkdtemp(join(tmpdir(), 'murmur-create-'));
  relay = await startRelay({ chain: chain.client, dataFolder: folder, port: 0 });
  network = {
    chainId: chain.domain.chainId,
    rpcUrl: chain.rpcUrl,
    relayUrl: relay.url,
    coordinator: chain.domain.coordinator,
    flock: chain.addresses.flock,
    beacon: chain.addresses.beacon,
    openTask: '0',
    local: false,
  };
});
afterAll(async () => {
  await relay?.close();
  await chain?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const address = (number: number) => walletNumber(number).address.toLowerCase() as Hex;

/** What of a browser the worker needs: a way out, and a vault with one wallet in it. */
function browserWith(wallet: number) {
  const kept = new Map<string, Bytes>([[`wallet/${networkName(network)}/1/${address(wallet)}`, walletKey(wallet)]]);
  const unused = () => Promise.reject(new Error('not used here'));
  const vault: Vault = {
    put: async (name, secret) => void kept.set(name, secret),
    get: async (name) => kept.get(name),
    delete: async (name) => void kept.delete(name),
    names: async (prefix) => [...kept.keys()].filter((name) => name.startsWith(prefix)),
    seal: unused,
    open: unused,
  };
  const ledger = createLedger();
  return { vault, ledger, sender: createSender({ ledger }) };
}

function draftOf(seed: string, more: Partial<TaskDraft> = {}): TaskDraft {
  const spec = heartTaskSpec({ heldOut: { fraction: 0.2, seed } });
  return { spec, minCohort: 4, joinSeconds: 30, phaseSeconds: 40, stake: '1.5', pool: '250', ...more };
}

const isOnChain = async (draft: TaskDraft) => {
  const hash = toHex(await taskSpecHash(draft.spec));
  const count = await chain.client.taskCount();
  const all = Array.from({ length: Number(count) }, (_, i) => chain.client.task(BigInt(i + 1)));
  return (await Promise.all(all)).filter(({ specHash }) => specHash === hash).length;
};

describe('with a wallet of the page', () => {
  test('the task is on chain with the choices of its creator, and the relay has its spec', async () => {
    const tools = browserWith(0);
    const draft = draftOf('page');
    const task = await createLocally(tools, network, draft, address(0));
    const view = await chain.client.task(BigInt(task));
    expect(view).toMatchObject({ creator: address(0), status: 'running', poolLeft: parseEther('250') });
    expect(view.parameters).toEqual({
      minCohort: 4,
      maxCohort: draft.spec.masking.maxCohort,
      trainingRounds: draft.spec.training.rounds,
      corruptBps: 2_500,
      survivorFloor: 4,
      joinSeconds: 30,
      phaseSeconds: 40,
      beaconSeconds: 40 + BEACON.delaySeconds + BEACON.periodSeconds,
      maxVoids: 20,
      allowListed: false,
      stake: parseEther('1.5'),
      sumBond: parseEther('5'),
      pool: parseEther('250'),
    });
    expect(await fetchSpec(relay.core, view)).toEqual(draft.spec);
    expect(tools.ledger.totals().get('task description (public)')).toMatchObject({
      requests: 1,
      sizeBytes: taskSpecBytes(draft.spec).length,
    });
    expect(await createLocally(tools, network, draft, address(0))).toBe(task);
    expect(await isOnChain(draft)).toBe(1);
  });

  test('a relay that is away leaves one task, which the next call finishes, also with another wallet', async () => {
    const tools = browserWith(0);
    const draft = draftOf('relay away');
    const away = { ...network, relayUrl: DEAD_RELAY };
    await expect(createLocally(tools, away, draft, address(0))).rejects.toMatchObject({ code: 'unreachable' });
    expect(await isOnChain(draft)).toBe(1);
    expect(await creationCalls(tools, network, draft, address(1))).toEqual([]);
    const task = await createLocally(tools, network, draft, address(0));
    expect(await fetchSpec(relay.core, await chain.client.task(BigInt(task)))).toEqual(draft.spec);
    expect(await isOnChain(draft)).toBe(1);
  });

  test('what the contract would refuse is said before anything is sent', async () => {
    const tools = browserWith(0);
    const refused = async (more: Partial<TaskDraft>, code: string, parameter: string) => {
      const draft = draftOf('refused', more);
      const call = createLocally(tools, network, draft, address(0));
      await expect(call).rejects.toMatchObject({ code, details: { parameter } });
      expect(await isOnChain(draft)).toBe(0);
    };
    await refused({ minCohort: 2 }, 'bad-input', 'minCohort');
    await refused({ minCohort: 17 }, 'bad-input', 'minCohort');
    await refused({ joinSeconds: 0 }, 'bad-input', 'joinSeconds');
    await refused({ phaseSeconds: 2_592_001 }, 'bad-input', 'phaseSeconds');
    for (const text of ['', '-1', '1e3', '1,5', '0x10', '1.0000000000000000001', ' 1'])
      await refused({ stake: text }, 'bad-input', 'stake');
    await refused({ pool: '2000000' }, 'refused', 'pool');
    await expect(createLocally(tools, network, draftOf('x'), address(1))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('with a wallet of the person’s own', () => {
  test('approval and creation are theirs to send; the worker finds the task and publishes', async () => {
    const tools = browserWith(0);
    const draft = draftOf('own');
    const calls = await creationCalls(tools, network, draft, walletNumber(1).address);
    expect(calls.map(({ to }) => to)).toEqual([network.flock, network.coordinator]);
    for (const { to, data } of calls)
      await chain.rpc('eth_sendTransactionSync', [{ from: address(1), to, data, gas: '0x989680', gasPrice: '0x0' }]);
    const task = await finishCreation(tools, network, draft);
    const view = await chain.client.task(BigInt(task));
    expect(view).toMatchObject({ creator: address(1), poolLeft: parseEther('250') });
    expect(await fetchSpec(relay.core, view)).toEqual(draft.spec);
    expect(await finishCreation(tools, network, draft)).toBe(task);
    expect(await creationCalls(tools, network, draft, address(1))).toEqual([]);
  });

  test('a pool of nothing needs no approval', async () => {
    const calls = await creationCalls(browserWith(0), network, draftOf('free', { pool: '0', stake: '0' }), address(1));
    expect(calls.map(({ to }) => to)).toEqual([network.coordinator]);
  });

  test('a task that was never sent is not found, and that is said', { timeout: 60_000 }, async () => {
    await expect(finishCreation(browserWith(0), network, draftOf('never'))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

function refuses(parameters: TaskParameters): boolean {
  try {
    checkTaskParameters(parameters, BEACON.delaySeconds);
    return false;
  } catch (error) {
    if (hasCode(error, 'bad-input')) return true;
    throw error;
  }
}

test('the page’s bounds of parameters are the contract’s', async () => {
  expect(await beaconWaitSeconds(browserWith(0), network)).toBe(BEACON.delaySeconds + BEACON.periodSeconds);
  const good = taskParameters(heartTaskSpec(), {
    minCohort: 3,
    joinSeconds: 30,
    phaseSeconds: 30,
    beaconSeconds: beaconPhaseSeconds(8, 30),
    stake: 0n,
    pool: 0n,
  });
  const month = 30 * 24 * 3600;
  const cases: readonly Partial<TaskParameters>[] = [
    {},
    { maxCohort: 128 },
    { maxCohort: 129 },
    { minCohort: 2, survivorFloor: 2 },
    { minCohort: 17, survivorFloor: 3 },
    { minCohort: 16, survivorFloor: 16 },
    { survivorFloor: 4 },
    { survivorFloor: 0 },
    { trainingRounds: 0 },
    { trainingRounds: 10_000 },
    { trainingRounds: 10_001 },
    { corruptBps: 5_000 },
    { corruptBps: 5_001 },
    { joinSeconds: 0 },
    { joinSeconds: month },
    { joinSeconds: month + 1 },
    { phaseSeconds: 0 },
    { phaseSeconds: month },
    { phaseSeconds: month + 1 },
    { beaconSeconds: BEACON.delaySeconds },
    { beaconSeconds: BEACON.delaySeconds + 1 },
    { beaconSeconds: month },
    { beaconSeconds: month + 1 },
    { maxVoids: 0 },
    { maxVoids: 1_000 },
    { maxVoids: 1_001 },
    { allowListed: true, sumBond: 0n },
    { allowListed: true, sumBond: 1n },
    { allowListed: true, sumBond: 0n, stake: 1n },
    { allowListed: true, sumBond: 0n, pool: 1n },
  ];
  for (const change of cases) {
    const parameters = { ...good, ...change };
    const sent = await chain.send(DEPLOYER.address, 'createTask', [parameters, `0x${'11'.repeat(32)}`]);
    expect(refuses(parameters), Object.entries(change).join(' ')).toBe(sent.reverted);
  }
});
