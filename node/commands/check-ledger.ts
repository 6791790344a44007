/** `murmur check-ledger`: whether a ledger that /left exported is as its signer left it. */
import { readFile, stat } from 'node:fs/promises';
import { Command } from 'commander';
import { digestSigner } from '../../src/chain/keys.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { checkLedgerFile, type LedgerCheck } from '../../src/network/ledger-file.ts';
import { connectChain } from '../chain-access.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { printJson, printLine } from '../output.ts';
import { connectOptions } from './options.ts';
import { withSignals } from './signals.ts';

interface Options extends ConnectOptions {
  readonly chain?: boolean;
  readonly json?: boolean;
}

const MAX_FILE_BYTES = 64 * 2 ** 20;

export function checkLedgerCommand(): Command {
  const command = new Command('check-ledger')
    .description(
      'Check the signature and the hashes of a ledger that the page exported; exit code 1 when one does not hold.',
    )
    .argument('<file>', 'the exported file')
    .option(
      '--chain',
      'ask the chain too whether the signer is the session key of the registration that the file names',
    )
    .option('--json', 'the result as one JSON object');
  return connectOptions(command).action(async (file: string, options: Options) => {
    const interrupted = await withSignals((signal) => checkFile(file, options, signal));
    if (interrupted) process.exitCode = 130;
  });
}

async function checkFile(file: string, options: Options, signal: AbortSignal): Promise<void> {
  const checked = await checkLedgerFile(await readText(file), digestSigner);
  const registrationHolds = options.chain ? await isOnChain(checked, options, signal) : undefined;
  const { ledger, signatureHolds, entriesHold, totalsHold } = checked;
  const { origin, exportedAt, entries, signer } = ledger;
  const holds = {
    signatureHolds,
    entriesHold,
    totalsHold,
    ...(registrationHolds !== undefined && { registrationHolds }),
  };
  if (options.json) printJson({ origin, exportedAt, entries: entries.length, signer, ...holds });
  else for (const line of words(checked, registrationHolds)) printLine(line);
  if (Object.values(holds).every(Boolean)) return;
  throw new MurmurError('bad-hash', 'this ledger is not as its signer left it', {
    hint: 'Ask for the file again, from the browser that exported it.',
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= MAX_FILE_BYTES) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MurmurError('not-found', `${file} cannot be read`, { cause });
  }
  throw new MurmurError('too-large', `${file} has more than ${MAX_FILE_BYTES} bytes`);
}

async function isOnChain({ ledger }: LedgerCheck, options: Options, signal: AbortSignal): Promise<boolean> {
  const { address, registration } = ledger.signer;
  if (registration === undefined) return false;
  const { endpoint, sender } = await connect(options);
  const { chainId, coordinator, task, registrationId } = registration;
  if (endpoint.chainId !== chainId || endpoint.coordinator.toLowerCase() !== coordinator) {
    throw new MurmurError('not-found', `the signer is known on chain ${chainId} by the contract ${coordinator}`, {
      hint: 'Name that network with --relay, or with --rpc and --coordinator.',
    });
  }
  const chain = connectChain(endpoint, sender);
  return (await chain.registration(BigInt(task), registrationId, signal)).sessionKey === address;
}

function words(
  { ledger, signatureHolds, entriesHold, totalsHold }: LedgerCheck,
  registrationHolds?: boolean,
): string[] {
  const { origin, exportedAt, entries, totals, signer } = ledger;
  const ever = totals.reduce((sum, { requests }) => sum + requests, 0);
  const { registration } = signer;
  const known = registration
    ? `session key of registration ${registration.registrationId} in task ${registration.task}, chain ${registration.chainId}, contract ${registration.coordinator}`
    : 'a key of that browser alone, which no chain knows';
  const said = (holds: boolean) => (holds ? 'holds' : 'DOES NOT HOLD');
  return [
    `${origin}, exported ${exportedAt}: ${entries.length} requests listed of ${ever} in all`,
    `signature of ${signer.address} (${known}): ${said(signatureHolds)}`,
    `hash of the entries: ${said(entriesHold)}`,
    `totals against entries: ${said(totalsHold)}`,
    ...(registrationHolds === undefined ? [] : [`registration on chain: ${said(registrationHolds)}`]),
  ];
}
