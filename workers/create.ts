/**
 * Creating a task: the pool is approved, the task put on chain, its spec given to the relay, and the weights that it starts from. Before anything is sent, the vault keeps
 * how many tasks there were and which wallet is about to create; so a later call finds a task that is on chain although the call that
 * made it failed, was cut off by a reload, or was a transaction of the person's own wallet.
 */
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { type Bytes, type Hex, toHex, utf8 } from '../src/core/bytes.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { readStart } from '../src/model/start.ts';
import { RelayClient } from '../src/network/relay-client.ts';
import {
  beaconPhaseSeconds,
  checkTaskParameters,
  isFlockText,
  taskParameters,
} from '../src/protocol/task-parameters.ts';
import { checkTaskSpec, type TaskSpec, taskSpecBytes } from '../src/protocol/task-spec.ts';
import type { TaskParameters } from '../src/protocol/views.ts';
import type { TaskDraft } from './api/create.ts';
import type { NetworkInfo } from './api/network.ts';
import type { ContractCall } from './api/wallets.ts';
import { requireLocalWalletKey } from './keys.ts';
import { readStartFile } from './start-file.ts';
import { askFaucet, clock, networkName, type World } from './world.ts';

const viem = () => import('./viem.ts');

type Tools = Pick<World, 'sender' | 'vault'>;

interface Plan {
  readonly parameters: TaskParameters;
  readonly bytes: Bytes;
  readonly specHash: Hex;
  /** the file that the model starts from */
  readonly start: Bytes | undefined;
}

/** How often, and how many times, chain and relay are asked for a task that a wallet says is in a block. */
const LOOK_MS = 500;
const LOOKS = 20;

/** Seconds from the end of joining until the beacon's value exists, at most. */
export async function beaconWaitSeconds(tools: Tools, network: NetworkInfo, signal?: AbortSignal): Promise<number> {
  const { connectChain } = await viem();
  const times = await connectChain(network, tools.sender.rpcFetch).beaconTimes(network.beacon, signal);
  return times.delaySeconds + times.periodSeconds;
}

/** Creates, or finishes what an earlier call began, with a wallet that the page made. */
export async function createLocally(
  tools: Tools,
  network: NetworkInfo,
  draft: TaskDraft,
  wallet: Hex,
): Promise<string> {
  const { connectChain } = await viem();
  const key = await requireLocalWalletKey(tools.vault, networkName(network), wallet);
  const chain = connectChain(network, tools.sender.rpcFetch, key);
  const plan = await planOf(chain, network, draft);
  let task = await findBegun(tools, network, chain, plan.specHash);
  if (task === undefined) {
    const { pool } = plan.parameters;
    await requirePool(tools, network, chain, wallet, pool);
    await noteBeginning(tools, network, chain, plan.specHash, wallet);
    if (pool > 0n) await chain.approve(network.flock, pool);
    task = await chain.createTask(plan.parameters, plan.specHash);
  }
  return publish(tools, network, task, plan);
}

/** Approval and creation as transactions for a wallet of the person's own; none when its task is on chain. */
export async function creationCalls(
  tools: Tools,
  network: NetworkInfo,
  draft: TaskDraft,
  wallet: Hex,
): Promise<readonly ContractCall[]> {
  const { approveData, connectChain, createTaskData } = await viem();
  const chain = connectChain(network, tools.sender.rpcFetch);
  const { parameters, specHash } = await planOf(chain, network, draft);
  if ((await findBegun(tools, network, chain, specHash)) !== undefined) return [];
  await requirePool(tools, network, chain, wallet, parameters.pool);
  await noteBeginning(tools, network, chain, specHash, wallet);
  const approval = { to: network.flock, data: approveData(chain.domain, parameters.pool) };
  const creation = { to: network.coordinator, data: createTaskData(parameters, specHash) };
  return parameters.pool > 0n ? [approval, creation] : [creation];
}

/**
 * Gives the relay the spec of the task that the person's own wallet created.
 * @throws MurmurError not-found when the chain does not show it within a while
 */
export async function finishCreation(tools: Tools, network: NetworkInfo, draft: TaskDraft): Promise<string> {
  const { connectChain } = await viem();
  const chain = connectChain(network, tools.sender.rpcFetch);
  const plan = await planOf(chain, network, draft);
  for (let look = 0; look < LOOKS; look++) {
    const task = await findBegun(tools, network, chain, plan.specHash);
    if (task !== undefined) return publish(tools, network, task, plan);
    await clock.sleep(LOOK_MS);
  }
  throw new MurmurError('not-found', 'the chain does not show the new task yet', {
    hint: 'Look into your wallet whether the transaction went through, then try again. No second task is made.',
  });
}

async function planOf(chain: AllianceClient, network: NetworkInfo, draft: TaskDraft): Promise<Plan> {
  const spec = checkTaskSpec(draft.spec);
  const bytes = taskSpecBytes(spec);
  const { delaySeconds, periodSeconds } = await chain.beaconTimes(network.beacon);
  const { minCohort, joinSeconds, phaseSeconds } = draft;
  const parameters = taskParameters(spec, {
    minCohort,
    joinSeconds,
    phaseSeconds,
    beaconSeconds: beaconPhaseSeconds(delaySeconds + periodSeconds, phaseSeconds),
    stake: await readFlock(draft.stake, 'stake'),
    pool: await readFlock(draft.pool, 'pool'),
  });
  checkTaskParameters(parameters, delaySeconds);
  return { parameters, bytes, specHash: toHex(await sha256(bytes)), start: await startOf(spec, draft.start) };
}

/**
 * The bytes of the file that a spec names, so that no task is put on chain whose weights nobody has.
 * @throws MurmurError bad-input without the file; as readStart for another one
 */
async function startOf(spec: TaskSpec, file: Blob | undefined): Promise<Bytes | undefined> {
  const { start } = spec.model;
  if (start === undefined) return undefined;
  if (file === undefined) {
    throw new MurmurError('bad-input', 'the task starts from a file of weights, which is not at hand', {
      hint: 'Choose the file again.',
      details: { parameter: 'start' },
    });
  }
  const bytes = await readStartFile(file);
  await readStart(spec, start, bytes);
  return bytes;
}

async function readFlock(text: string, parameter: 'stake' | 'pool'): Promise<bigint> {
  if (!isFlockText(text)) {
    throw new MurmurError('bad-input', `"${text.slice(0, 40)}" is no amount of FLOCK`, {
      hint: 'Write a number such as 100 or 0.5.',
      details: { parameter },
    });
  }
  const { parseEther } = await viem();
  return parseEther(text);
}

/** @throws MurmurError refused when the wallet has less than the pool, also after the local faucet was asked */
async function requirePool(
  tools: Tools,
  network: NetworkInfo,
  chain: AllianceClient,
  wallet: Hex,
  pool: bigint,
): Promise<void> {
  let balance = await chain.balance(network.flock, wallet);
  if (network.local && (balance === 0n || balance < pool)) {
    try {
      await askFaucet(tools, wallet);
    } catch (error) {
      // It gave a moment ago; whether that is enough is seen below.
      if (!hasCode(error, 'refused')) throw error;
    }
    balance = await chain.balance(network.flock, wallet);
  }
  if (balance >= pool) return;
  const { formatEther } = await viem();
  throw new MurmurError(
    'refused',
    `this wallet has ${formatEther(balance)} FLOCK, and the reward pool takes ${formatEther(pool)}`,
    { hint: 'Choose a smaller pool, or another wallet.', details: { parameter: 'pool' } },
  );
}

const beginningName = (network: NetworkInfo, specHash: Hex) => `create/${networkName(network)}/${specHash}`;

/** What stood in the vault before a creation: the number of tasks then, and the wallets that were about to create. */
async function beginningOf(
  { vault }: Tools,
  network: NetworkInfo,
  specHash: Hex,
): Promise<{ after: bigint; wallets: readonly Hex[] } | undefined> {
  const kept = await vault.get(beginningName(network, specHash));
  if (kept === undefined) return undefined;
  const [after = '0', ...wallets] = new TextDecoder().decode(kept).split(' ');
  return { after: BigInt(after), wallets: wallets as Hex[] };
}

async function noteBeginning(
  tools: Tools,
  network: NetworkInfo,
  chain: AllianceClient,
  specHash: Hex,
  wallet: Hex,
): Promise<void> {
  const known = await beginningOf(tools, network, specHash);
  const after = known?.after ?? (await chain.taskCount());
  const wallets = new Set([...(known?.wallets ?? []), wallet.toLowerCase()]);
  await tools.vault.put(beginningName(network, specHash), utf8([after, ...wallets].join(' ')));
}

/** The task that an earlier call put on chain, if there is one. */
async function findBegun(
  tools: Tools,
  network: NetworkInfo,
  chain: AllianceClient,
  specHash: Hex,
): Promise<bigint | undefined> {
  const known = await beginningOf(tools, network, specHash);
  return known && chain.findTask(specHash, known.wallets, known.after);
}

/** Idempotent: the relay has the spec and the file once, however often it is told. */
async function publish(
  { sender }: Tools,
  network: NetworkInfo,
  task: bigint,
  { bytes, start }: Pick<Plan, 'bytes' | 'start'>,
): Promise<string> {
  const relay = new RelayClient({ url: network.relayUrl, sender, clock, task });
  for (let look = 1; ; look++) {
    try {
      await relay.publishSpec(task, bytes);
      if (start !== undefined) await relay.publishStart(task, start);
      return task.toString();
    } catch (error) {
      // A relay reads the chain by its own endpoint, which may be a little behind.
      if (!hasCode(error, 'not-found') || look === LOOKS) throw error;
      await clock.sleep(LOOK_MS);
    }
  }
}
