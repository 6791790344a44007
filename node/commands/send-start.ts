/** `murmur send-start`: gives the relay the file of weights that a task starts from. Anybody may, who has it: its hash is in the spec. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { fetchSpec } from '../../src/aggregation/verify.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { readStart } from '../../src/model/start.ts';
import { connectChain } from '../chain-access.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { readOnlyRelay } from '../hospital.ts';
import { printLine, shortHash } from '../output.ts';
import { connectOptions, folderOption, taskOption } from './options.ts';
import { withSignals } from './signals.ts';

interface Options extends ConnectOptions {
  readonly task: bigint;
  readonly file: string;
}

export function sendStartCommand(): Command {
  const command = new Command('send-start')
    .description('Give the relay the weights that a task starts from, after its description is there.')
    .requiredOption('--task <id>', 'the task', taskOption)
    .requiredOption('--file <file>', 'the safetensors file that the description names', folderOption);
  return connectOptions(command).action(async (options: Options) => {
    const interrupted = await withSignals((signal) => sendStart(options, signal));
    if (interrupted) process.exitCode = 130;
  });
}

async function sendStart({ task, file, ...options }: Options, signal: AbortSignal): Promise<void> {
  const { endpoint, relayUrl, sender } = await connect(options);
  const relay = readOnlyRelay(relayUrl, sender, task);
  const spec = await fetchSpec(relay, await connectChain(endpoint, sender).task(task, signal), signal);
  const { start } = spec.model;
  if (start === undefined) throw new MurmurError('refused', `task ${task} starts from random weights, not from a file`);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new MurmurError('not-found', `${file} cannot be read`, { hint: 'Name the file with --file.', cause });
  });
  // Said here in full, before anything is sent.
  const copy = new Uint8Array(bytes);
  await readStart(spec, start, copy);
  await relay.publishStart(task, copy, signal);
  printLine(`the relay has the starting weights of task ${task} (${shortHash(start.sha256)}, ${start.bytes} bytes)`);
}
