/** `murmur network`: the local network with four hospitals, or the sites of another example. `npm start` calls it. */
import { Command } from 'commander';
import { hasCode, MurmurError } from '../../src/core/errors.ts';
import type { Example } from '../../src/dataset/examples/index.ts';
import { exampleNamed } from '../example-task.ts';
import { FOR_PEOPLE, FOR_PROGRAMS, type LocalNetwork, type NetworkOptions, startNetwork } from '../network.ts';
import { byteSize, jsonLine, note, printJson, printLine, shortHash } from '../output.ts';
import { metricsWords, voidSentence } from '../status-words.ts';
import { measuresOf } from '../../src/protocol/metrics.ts';
import { voidWords } from '../../src/protocol/phases.ts';
import { STATE_FOLDER } from '../places.ts';
import type { SiteRound } from '../sites.ts';
import { folderOption, portOption, roundsOption } from './options.ts';
import { withSignals } from './signals.ts';

interface Options {
  readonly task?: Example;
  readonly rounds?: number;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly port?: number;
  readonly rpcPort?: number;
  readonly state: string;
}

/** How long `--exit` waits in all: until the task is open, then for every round of it, of which few phases take long. */
const EXIT_OPEN_MS = 180_000;
const EXIT_PHASES_A_ROUND = 3;

export function networkCommand(): Command {
  return new Command('network')
    .description('Start chain, relay, page and four hospitals on this machine; Ctrl-C stops them.')
    .option('--task <name>', 'example task (default: heart)', exampleNamed)
    .option('--rounds <n>', 'training rounds of a task', roundsOption)
    .option('--exit', 'stop when one task has ended; the last line is its result as JSON')
    .option('--port <n>', 'port of page and relay (default: the last one, or a free one)', portOption)
    .option('--rpc-port <n>', 'port of the chain (default: a free one)', portOption)
    .option('--state <folder>', 'what is remembered', folderOption, STATE_FOLDER)
    .option('--json', 'a line of JSON a round instead of words')
    .action(async (options: Options) => {
      const interrupted = await withSignals((signal) => run(options, signal));
      if (interrupted && options.exit) process.exitCode = 130;
    });
}

async function run(options: Options, signal: AbortSignal): Promise<void> {
  const deadline = new Deadline();
  if (options.exit) deadline.extendBy(EXIT_OPEN_MS);
  const network = await startNetwork(networkOptions(options, AbortSignal.any([signal, deadline.signal])));
  try {
    if (options.exit) {
      const { task, spec } = await network.openTask();
      const { phaseSeconds, trainingRounds } = (await network.chain.creator.task(task)).parameters;
      deadline.extendBy((trainingRounds + 2) * EXIT_PHASES_A_ROUND * phaseSeconds * 1000);
      await network.train(task);
      process.stdout.write(`${jsonLine(await network.result(task, spec))}\n`);
    } else {
      await trainForEver(network, signal);
    }
  } catch (error) {
    if (deadline.signal.aborted) throw new MurmurError('timeout', 'the task did not end in time', { cause: error });
    throw error;
  } finally {
    deadline.clear();
    await network.stop();
  }
}

/** Aborts its signal when the time that it was given has passed; never before it was given any. */
class Deadline {
  readonly #controller = new AbortController();
  #atMs = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  extendBy(durationMs: number): void {
    this.clear();
    this.#atMs += durationMs;
    this.#timer = setTimeout(() => this.#controller.abort(), this.#atMs - performance.now());
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** One task after the other. One that fails is followed by the next as well. */
async function trainForEver(network: LocalNetwork, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { task } = await network.openTask();
    try {
      await network.train(task);
    } catch (error) {
      if (!hasCode(error, 'void')) throw error;
      note(error.message);
    }
  }
}

function networkOptions(options: Options, signal: AbortSignal): NetworkOptions {
  const told = new Set<string>();
  return {
    stateFolder: options.state,
    port: options.port,
    rpcPort: options.rpcPort ?? 0,
    ...(options.task && { example: options.task }),
    trainingRounds: options.rounds,
    pace: options.exit ? FOR_PROGRAMS : FOR_PEOPLE,
    onReady: ({ url, resumed, whyNew }) => {
      if (whyNew !== '') note(`starting a new deployment: ${whyNew}`);
      if (options.json) printJson({ url, resumed });
      else printLine(`Murmur is at ${url}${resumed ? ' (going on where it was stopped)' : ''}`);
    },
    onTask: (task, rounds) => note(`task ${task}: ${rounds} training rounds, ${sitesWords(options.task)}`),
    onRound: (round) => {
      const key = `${round.task}/${round.summary.round}`;
      if (told.has(key)) return;
      told.add(key);
      if (options.json) printJson(roundObject(round));
      else printLine(roundWords(round));
    },
    onTrouble: (who, message) => note(`${who}: ${message}`),
    signal,
  };
}

function sitesWords(example: Example | undefined): string {
  if (example === undefined || example.id === 'heart') return 'four hospitals';
  return `${example.id}, ${example.sites.length} sites`;
}

function roundObject({ task, summary, bytesUp }: SiteRound) {
  const { round, step, kind, outcome, reason, shortfall, joined, survivors, together, modelHash, durationMs } = summary;
  const metrics =
    together?.kind === 'binary'
      ? { accuracy: together.accuracy, auc: together.auc, loss: together.logLoss }
      : together && Object.fromEntries(measuresOf(together).map(({ id, value }) => [id, value]));
  const why = voidWords(reason);
  const common = { task: task.toString(), round, step, kind, outcome, reason: why, shortfall, joined, survivors };
  return { ...common, ...metrics, bytesUp, modelHash, durationMs };
}

/** The figures are those of the model that the round began with, over all sites' held-out rows. */
function roundWords({ task, summary, bytesUp }: SiteRound): string {
  const { round, kind, outcome, joined, survivors, together, modelHash, durationMs } = summary;
  const head = `task ${task} round ${round} ${kind}, ${survivors} of ${joined} survived`;
  if (outcome === 'void') return `${head}: void, ${voidSentence(summary)}`;
  const metrics = together === undefined ? 'no model yet' : metricsWords(together);
  const rest = `${byteSize(bytesUp)} up per site, model ${shortHash(modelHash)}, ${(durationMs / 1000).toFixed(1)} s`;
  return `${head}: ${metrics}, ${rest}${outcome === 'rejected' ? ', rejected' : ''}`;
}
