/**
 * How many blocks a round takes, from the block that opens it to the block that holds its sum; the vote comes on top. Four hospitals
 * over a real chain and relay, blocks by the clock only (as on Base, every two seconds), nobody late. Joining lasts as long as its
 * window, so the window is part of the number.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, http } from 'viem';
import { allianceCoordinatorAbi } from '../contracts-abi/abi.ts';
import { FOR_PROGRAMS, type NetworkPace, startNetwork } from '../node/network.ts';
import type { SiteRound } from '../node/sites.ts';
import { MurmurError } from '../src/core/errors.ts';
import { type BenchContext, type Figure, figure } from './figure.ts';

const BLOCK_SECONDS = 2;
const PACE: NetworkPace = {
  ...FOR_PROGRAMS,
  lengths: { joinSeconds: 2, phaseSeconds: 60, beaconSeconds: 60 },
  blockTimeSeconds: BLOCK_SECONDS,
  mixedMining: false,
};
const GOAL_BLOCKS = 12;

interface RoundBlocks {
  readonly round: number;
  readonly blocks: number;
  /** blocks from the opening to the first block of each phase, by phase number */
  readonly phases: readonly string[];
}

export async function run({ full, progress }: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const trainingRounds = full ? 9 : 3;
  const stateFolder = await mkdtemp(join(tmpdir(), 'murmur-round-'));
  const deadline = AbortSignal.timeout(120_000 + trainingRounds * 60_000);
  const sites: SiteRound[] = [];
  try {
    const network = await startNetwork({
      stateFolder,
      port: 0,
      rpcPort: 0,
      trainingRounds,
      pace: PACE,
      onReady: ({ url }) => progress(`round: network at ${url}`),
      onTask: () => undefined,
      onRound: (round) => sites.push(round),
      onTrouble: (who, message) => progress(`round: ${who}: ${message}`),
      signal: deadline,
    });
    try {
      const { task } = await network.openTask();
      await network.train(task);
      const { rpcUrl, coordinator } = network.chain.endpoint;
      const rounds = await blocksOf(rpcUrl, coordinator, task, trainingRounds);
      for (const { round, blocks, phases } of rounds)
        progress(`round ${round}: ${blocks} blocks (${phases.join(', ')})`);
      return [figureOf(rounds, sites)];
    } finally {
      await network.stop();
    }
  } finally {
    await rm(stateFolder, { recursive: true, force: true });
  }
}

function figureOf(rounds: readonly RoundBlocks[], sites: readonly SiteRound[]): Figure {
  const blocks = rounds.map((round) => round.blocks);
  const training = sites.filter(({ summary }) => summary.kind === 'training');
  const trainingMs = median(training.map((site) => site.trainingMs));
  const roundMs = median(training.map(({ summary }) => summary.durationMs));
  return figure({
    id: 'round.blocks',
    value: median(blocks),
    unit: 'blocks',
    goal: GOAL_BLOCKS,
    better: 'lower',
    note:
      `median of ${blocks.length} training rounds (${blocks.join(', ')}) of four hospitals, from the opening to the sum, vote excluded; ` +
      `a block every ${BLOCK_SECONDS} s and none in between, join window ${PACE.lengths.joinSeconds} s, nobody late; local training ran ` +
      `beside the phases and took ${trainingMs.toFixed(0)} ms of a round of ${(roundMs / 1000).toFixed(1)} s`,
  });
}

/** From the contract's events: opening, phases, sum of every settled training round. */
async function blocksOf(
  rpcUrl: string,
  coordinator: `0x${string}`,
  task: bigint,
  trainingRounds: number,
): Promise<readonly RoundBlocks[]> {
  const client = createPublicClient({ transport: http(rpcUrl) });
  const common = {
    address: coordinator,
    abi: allianceCoordinatorAbi,
    args: { task },
    fromBlock: 0n,
    strict: true,
  } as const;
  const settled = await client.getContractEvents({ ...common, eventName: 'RoundSettled' });
  const sums = await client.getContractEvents({ ...common, eventName: 'SumPosted' });
  const phases = await client.getContractEvents({ ...common, eventName: 'PhaseChanged' });
  return settled
    .filter(({ args }) => args.step > 0 && args.step <= trainingRounds)
    .map(({ args: { round } }) => {
      const changes = phases.filter(({ args }) => args.round === round);
      const opened = changes[0]?.blockNumber;
      const sum = sums.find(({ args }) => args.round === round)?.blockNumber;
      if (opened === undefined || sum === undefined) throw new MurmurError('internal', `round ${round} left no trace`);
      return {
        round,
        blocks: Number(sum - opened),
        phases: changes.map(({ args, blockNumber }) => `${args.phase}: ${blockNumber - opened}`),
      };
    });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
