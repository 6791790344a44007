/** `murmur inspect task|round`: what the chain holds, in words or as JSON. */
import { Command } from 'commander';
import { members } from '../../src/core/bitmap.ts';
import { toHex } from '../../src/core/bytes.ts';
import { Phase, phaseName, RECORD_PHASES, stepKind } from '../../src/protocol/phases.ts';
import { shortfall } from '../../src/protocol/shortfall.ts';
import type { ChainReader } from '../../src/protocol/ports.ts';
import type { RoundView, TaskView } from '../../src/protocol/views.ts';
import { voidWords } from '../../src/protocol/phases.ts';
import { connectChain } from '../chain-access.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { printJson, printLine } from '../output.ts';
import { connectOptions, roundOption, taskOption } from './options.ts';
import { withSignals } from './signals.ts';

interface TaskOptions extends ConnectOptions {
  readonly task: bigint;
  readonly json?: boolean;
}

interface RoundOptions extends TaskOptions {
  readonly round?: number;
}

export function inspectCommand(): Command {
  const task = new Command('task')
    .description('A task: parameters, where it stands, its rounds.')
    .requiredOption('--task <id>', 'the task', taskOption)
    .option('--json', 'as one JSON object');
  const round = new Command('round')
    .description('A round: phase, who spoke, digests.')
    .requiredOption('--task <id>', 'the task', taskOption)
    .option('--round <n>', 'the round (default: the newest)', roundOption)
    .option('--json', 'as one JSON object');
  return new Command('inspect')
    .description('What the chain holds of a task or a round.')
    .addCommand(connectOptions(task).action((options: TaskOptions) => inspected(options, inspectTask)))
    .addCommand(connectOptions(round).action((options: RoundOptions) => inspected(options, inspectRound)));
}

async function inspected<T extends TaskOptions>(
  options: T,
  inspect: (chain: ChainReader, options: T, signal: AbortSignal) => Promise<object>,
): Promise<void> {
  await withSignals(async (signal) => {
    const { endpoint, sender } = await connect(options);
    const found = await inspect(connectChain(endpoint, sender), options, signal);
    if (options.json) printJson(found);
    else for (const line of words(found)) printLine(line);
  });
}

async function inspectTask(chain: ChainReader, { task }: TaskOptions, signal: AbortSignal): Promise<object> {
  const view = await chain.task(task, signal);
  const rounds = [];
  for (let number = 1; number <= view.round; number++) {
    const round = await chain.round(task, number, signal);
    rounds.push({ ...headOf(round, view), survivors: members(round.u3).length, modelHash: round.modelHash });
  }
  const { round, ...rest } = view;
  return { ...rest, roundsOpened: round, rounds };
}

async function inspectRound(chain: ChainReader, options: RoundOptions, signal: AbortSignal): Promise<object> {
  const task = await chain.task(options.task, signal);
  const round = await chain.round(options.task, options.round ?? Math.max(1, task.round), signal);
  const roster = round.phase > Phase.Join ? await chain.roster(round.task, round.round, signal) : [];
  const digests: Record<string, Record<number, string>> = {};
  for (const phase of RECORD_PHASES) {
    const entries = await chain.digests(round.task, round.round, phase, signal);
    if (entries.size > 0) digests[phaseName(phase)] = Object.fromEntries([...entries].map(([i, d]) => [i, toHex(d)]));
  }
  const { phaseEndsAt, joinEndsAt, openedAtBlock, beaconRound, beacon, baseModel, rosterHash, sumRoot, modelHash } =
    round;
  return {
    ...headOf(round, task),
    phaseEndsAt: iso(phaseEndsAt),
    joinEndsAt: iso(joinEndsAt),
    openedAtBlock,
    beaconRound,
    beacon,
    members: roster.map(({ index, registrationId, wallet }) => ({ index, registrationId, wallet })),
    corrupt: round.corrupt,
    threshold: round.threshold,
    dealt: members(round.dealt),
    acked: members(round.acked),
    u2: members(round.u2),
    masked: members(round.masked),
    attested: members(round.attested),
    u3: members(round.u3),
    answered: members(round.answered),
    voted: members(round.voted),
    rosterHash,
    baseModel,
    sumRoot,
    modelHash,
    digests,
  };
}

function headOf(round: RoundView, task: TaskView) {
  return {
    task: round.task,
    round: round.round,
    step: round.step,
    kind: stepKind(round.step, task.parameters.trainingRounds),
    phase: phaseName(round.phase),
    ...(round.phase === Phase.Void && { why: voidWords(round.voidReason), ...shortfall(round, task.parameters) }),
    ...(round.phase === Phase.Settled && { accepted: round.accepted }),
    joined: round.n,
  };
}

function iso(seconds: number): string {
  return seconds === 0 ? '' : new Date(seconds * 1000).toISOString();
}

/** `name: value` lines; lists and objects indented. */
function words(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([name, entry]: [string, unknown]) => {
    if (Array.isArray(entry) && entry.every((item) => typeof item !== 'object')) {
      return [`${indent}${name}: ${entry.length === 0 ? 'none' : entry.join(', ')}`];
    }
    if (typeof entry === 'object' && entry !== null) return [`${indent}${name}:`, ...words(entry, `${indent}  `)];
    return [`${indent}${name}: ${String(entry)}`];
  });
}
