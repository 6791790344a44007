/** `npm run -s murmur -- COMMAND`: one file a command in node/commands. An error is one message and exit code 1. */
import { Command, CommanderError } from 'commander';
import { toErrorData } from '../src/core/errors.ts';
import { checkLedgerCommand } from './commands/check-ledger.ts';
import { contributeCommand } from './commands/contribute.ts';
import { deployCommand } from './commands/deploy.ts';
import { inspectCommand } from './commands/inspect.ts';
import { networkCommand } from './commands/network.ts';
import { privacyCommand } from './commands/privacy.ts';
import { relayCommand } from './commands/relay.ts';
import { sendStartCommand } from './commands/send-start.ts';
import { verifyCommand } from './commands/verify.ts';

const COMMANDS = [
  networkCommand,
  relayCommand,
  contributeCommand,
  sendStartCommand,
  inspectCommand,
  verifyCommand,
  checkLedgerCommand,
  privacyCommand,
  deployCommand,
];

const MAX_MESSAGE = 500;

async function main(): Promise<void> {
  const program = new Command('murmur').description('Train one model together; no data leaves anybody.');
  for (const make of COMMANDS) program.addCommand(make());
  configure(program);
  await program.parseAsync(process.argv);
}

/** Commander would end the process by itself; its errors take the same way out as all others. */
function configure(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the options)');
  for (const child of command.commands) configure(child);
}

/** Where an error that nobody foresaw came from. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}

// Whoever reads the output may stop reading (`| head`): then there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has written its message, or the help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : 1;
  } else {
    const { code, message, hint } = toErrorData(error);
    // A library's message may hold a whole transaction; its first line says what happened.
    const [what = ''] = message.split('\n');
    process.stderr.write(`murmur: ${what.slice(0, MAX_MESSAGE)} (${code})\n${hint === '' ? '' : `  ${hint}\n`}`);
    if (code === 'internal' && error instanceof Error) process.stderr.write(`${framesOf(error)}\n`);
    process.exitCode = 1;
  }
}
