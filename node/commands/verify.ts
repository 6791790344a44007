/** `murmur verify`: recomputes every model of a task from the chain and the blobs, round by round. */
import { Command } from 'commander';
import { verifyTask, type VerifiedRound } from '../../src/aggregation/verify.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { connectChain } from '../chain-access.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { readOnlyRelay } from '../hospital.ts';
import { printJson, printLine } from '../output.ts';
import { metricsWords } from '../status-words.ts';
import { connectOptions, taskOption } from './options.ts';
import { withSignals } from './signals.ts';

interface Options extends ConnectOptions {
  readonly task: bigint;
  readonly vectors: boolean;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description("Recompute every round's sum and model from chain and blobs; exit code 1 when one does not match.")
    .requiredOption('--task <id>', 'the task', taskOption)
    .option('--no-vectors', 'trust the sums whose hash is on chain instead of unmasking the vectors again')
    .option('--json', 'the whole verification as one JSON object');
  return connectOptions(command).action(async (options: Options) => {
    const interrupted = await withSignals((signal) => verify(options, signal));
    if (interrupted) process.exitCode = 130;
  });
}

async function verify(options: Options, signal: AbortSignal): Promise<void> {
  const { task, json } = options;
  const { endpoint, relayUrl, sender } = await connect(options);
  const { matches, chainModelHash, recomputedModelHash, rounds } = await verifyTask({
    chain: connectChain(endpoint, sender),
    source: readOnlyRelay(relayUrl, sender, task),
    task,
    fromVectors: options.vectors,
    ...(json ? {} : { onRound: (round) => printLine(words(round)) }),
    signal,
  });
  if (json) printJson({ task, matches, chainModelHash, recomputedModelHash, rounds });
  else printLine(`task ${task}: model ${chainModelHash} on chain, ${recomputedModelHash} recomputed`);
  if (!matches) {
    throw new MurmurError('bad-hash', `task ${task} does not verify`, {
      hint: 'The chain holds a model that its rounds do not give, or the relay serves other bytes than those of the task.',
    });
  }
}

function words({
  round,
  kind,
  outcome,
  survivors,
  chainModelHash,
  recomputedModelHash,
  matches,
  metrics,
}: VerifiedRound) {
  const head = `round ${round} ${kind}, ${survivors} survivors, ${outcome}`;
  const model = matches
    ? `${chainModelHash} recomputed`
    : `MISMATCH: ${chainModelHash} on chain, ${recomputedModelHash} recomputed`;
  const quality = metrics ? `, ${metricsWords(metrics)}` : '';
  return `${head}: ${model}${quality}`;
}
