/** `murmur contribute`: takes part in a task with one's own file, without a browser. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import type { LocalAccount } from 'viem';
import { check, fromErrorData, MurmurError } from '../../src/core/errors.ts';
import { secureRandom } from '../../src/core/random.ts';
import { voidWords } from '../../src/protocol/phases.ts';
import type { ParticipationStatus } from '../../src/session/status.ts';
import { type OwnersLimit, DEFAULT_LIMIT } from '../../src/session/budget-book.ts';
import { openBookFile } from '../book-file.ts';
import { connectChain } from '../chain-access.ts';
import { askFaucet, type Connection, connect, type ConnectOptions } from '../connect.ts';
import { openHospital, walletOf } from '../hospital.ts';
import { note, printJson, printLine, shortHash } from '../output.ts';
import { BUDGET_FOLDER } from '../places.ts';
import { keepSecret, lockFolder } from '../state-folder.ts';
import { budgetWords, metricsWords, statusWords, voidSentence } from '../status-words.ts';
import { TrainerThreads } from '../trainer-threads.ts';
import { connectOptions, deltaOption, epsilonOption, folderOption, keyFileOption, taskOption } from './options.ts';
import { withSignals } from './signals.ts';

interface Options extends ConnectOptions {
  readonly task: bigint;
  readonly data: string;
  readonly key: string;
  readonly model?: string;
  readonly privacyLimit?: number;
  readonly delta?: number;
  readonly withoutNoise?: boolean;
  readonly budget: string;
  readonly json?: boolean;
}

const PACE = { pollMs: 400, announceMs: 2_000 };

export function contributeCommand(): Command {
  const command = new Command('contribute')
    .description('Take part in a task with a data file and a wallet; what is remembered lies beside the key.')
    .requiredOption('--task <id>', 'the task', taskOption)
    .requiredOption('--data <file>', 'the file or the folder that stays here', folderOption)
    .requiredOption(
      '--key <file>',
      "file with the wallet's private key as 0x-hex; made when it is missing",
      keyFileOption,
    )
    .option('--model <file>', 'write the model that this site ends with, its private layers included', folderOption)
    .option(
      '--privacy-limit <epsilon>',
      `most that may be spent of these data in all, over every task and wallet; kept (default: ${DEFAULT_LIMIT.epsilon})`,
      epsilonOption,
    )
    .option('--delta <delta>', `chance that the limit does not hold (default: ${DEFAULT_LIMIT.delta})`, deltaOption)
    .option('--without-noise', 'take part although nothing bounds what the task tells about these data')
    .option('--budget <folder>', 'where it is noted what was spent of which data', folderOption, BUDGET_FOLDER)
    .option('--json', 'a line of JSON a round, then the last state');
  return connectOptions(command).action(async (options: Options) => {
    const interrupted = await withSignals((signal) => contribute(options, signal));
    if (interrupted) process.exitCode = 130;
  });
}

async function contribute(options: Options, signal: AbortSignal): Promise<void> {
  if (!existsSync(options.data)) {
    throw new MurmurError('not-found', `${options.data} cannot be read`, { hint: 'Name the data file with --data.' });
  }
  const connection = await connect(options);
  const wallet = walletOf(await walletKey(options.key));
  // Keys and journal of different deployments never meet.
  const { chainId, coordinator } = connection.endpoint;
  const name = createHash('sha256').update(`${chainId}/${coordinator.toLowerCase()}`).digest('hex').slice(0, 16);
  const folder = join(`${options.key}.murmur`, name);
  const unlock = await lockFolder(folder);
  try {
    if (connection.local) await fillWallet(connection, options.task, wallet, signal);
    const last = await takePart(options, connection, wallet, folder, signal);
    if (last.state === 'failed')
      throw last.error ? fromErrorData(last.error) : new MurmurError('void', statusWords(last));
  } finally {
    await unlock();
  }
}

async function walletKey(path: string) {
  const key = await keepSecret(path, () => secureRandom(32));
  check(key.length === 32, `${path} does not hold a key of 32 bytes`);
  return key;
}

async function fillWallet(
  connection: Connection,
  task: bigint,
  wallet: LocalAccount,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, sender } = connection;
  const chain = connectChain(endpoint, sender);
  const { parameters } = await chain.task(task, signal);
  const held = await chain.balance(endpoint.flock, wallet.address, signal);
  const isRegistered = (await chain.activeRegistration(task, wallet.address, signal)) !== undefined;
  if (isRegistered || held >= parameters.stake + parameters.sumBond) return;
  note('taking play money from the faucet of the local network');
  await askFaucet(connection, wallet.address);
}

async function takePart(
  { task, data, model, json, privacyLimit, delta, withoutNoise, budget }: Options,
  { endpoint, relayUrl, ledger }: Connection,
  wallet: LocalAccount,
  folder: string,
  signal: AbortSignal,
): Promise<ParticipationStatus> {
  let told = 0;
  let said = '';
  let spent = '';
  const onStatus = (status: ParticipationStatus) => {
    for (const round of status.history.slice(told)) {
      if (json) printJson({ ...round, reason: voidWords(round.reason) });
      else
        printLine(
          `round ${round.round} ${round.kind}: ${round.outcome}${round.reason === 0 ? '' : `: ${voidSentence(round)}`}, ` +
            `together ${round.together ? metricsWords(round.together) : '-'}; here ${round.own ? metricsWords(round.own) : '-'}; ` +
            `model ${shortHash(round.modelHash)}`,
        );
    }
    told = status.history.length;
    const words = statusWords(status);
    if (words !== said) note(words);
    said = words;
    const budget = status.budget && budgetWords(status.budget);
    if (budget !== undefined && budget !== spent) note(budget);
    spent = budget ?? spent;
  };
  const privacy = {
    book: await openBookFile(budget),
    limit: limitOf(privacyLimit, delta),
    withoutNoise: withoutNoise === true,
  };
  const trainers = new TrainerThreads(1);
  try {
    const site = { task, endpoint, relayUrl, wallet, dataFile: data, folder, privacy, pace: PACE, trainers, ledger };
    const hospital = await openHospital({ ...site, comparesAlone: true, onStatus, signal });
    const last = await hospital.run();
    const own = model && (await hospital.ownModel());
    if (model && own) await writeFile(model, own, { mode: 0o600 });
    if (json) printJson({ state: last.state, modelHash: last.modelHash, alone: last.alone, budget: last.budget });
    return last;
  } finally {
    await trainers.close();
  }
}

/** @throws MurmurError bad-input for a delta that is of no limit */
function limitOf(epsilon: number | undefined, delta: number | undefined): OwnersLimit | undefined {
  check(epsilon !== undefined || delta === undefined, '--delta says nothing without --privacy-limit');
  return epsilon === undefined ? undefined : { epsilon, delta: delta ?? DEFAULT_LIMIT.delta };
}
