/**
 * The local network's chain: anvil as a child process whose whole state lies in one file.
 *
 * The child ends when this process ends, however that happens: a shell between the two waits for the end of a pipe that this
 * process holds, and then asks anvil to stop. Anvil writes its state when it is asked to stop; the shell then leaves a mark beside
 * the file. Without the mark (power cut, anvil killed) the file may be older than what others saw, and nobody may build on it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { MurmurError } from '../src/core/errors.ts';
import { ROOT } from './places.ts';

export interface SavedAnvilOptions {
  readonly stateFile: string;
  /** 0 takes a free one */
  readonly port: number;
  readonly blockTimeSeconds: number;
  /** also a block for every transaction, at once */
  readonly mixedMining: boolean;
}

export interface SavedAnvil {
  readonly url: string;
  /** resolves when anvil has ended, with its last words */
  readonly ended: Promise<string>;
  /** Asks it to save and end. Takes a few seconds at most. */
  stop(): Promise<void>;
}

export const CHAIN_ID = 31337;
const START_MS = 30_000;
const STOP_MS = 15_000;
const LAST_WORDS = 2_000;
/** Only the state at the end counts, so none is written in between; and a network of many days does not keep every transaction. */
const LONG_RUNS = ['--state-interval', '1000000', '--transaction-block-keeper', '20000'];

/** stdin is the pipe; the first argument is the mark, the others are the command. */
const GUARD = `exec 3<&0
mark=$1; shift
"$@" </dev/null 3<&- &
child=$!
{ read -r _ <&3; kill -TERM $child 2>/dev/null; } >/dev/null 2>&1 &
watch=$!
wait $child; code=$?
kill $watch 2>/dev/null
[ $code -eq 0 ] && : > "$mark"
exit $code`;

const markOf = (stateFile: string) => `${stateFile}.whole`;

/** Whether anvil wrote the file when it ended, so that it holds everything that anybody saw on the chain. */
export function isWhole(stateFile: string): boolean {
  return existsSync(stateFile) && existsSync(markOf(stateFile));
}

/**
 * Starts anvil on the state file, which is made when it is missing.
 * @throws MurmurError unsupported when there is no anvil, conflict when the port is taken, timeout
 */
export async function startSavedAnvil(options: SavedAnvilOptions): Promise<SavedAnvil> {
  const { stateFile, port, blockTimeSeconds, mixedMining } = options;
  const anvil = findAnvil();
  await mkdir(dirname(stateFile), { recursive: true, mode: 0o700 });
  const wasWhole = isWhole(stateFile);
  await rm(markOf(stateFile), { force: true });
  const flags = ['--state', stateFile, '--block-time', `${blockTimeSeconds}`, '--port', `${port}`, ...LONG_RUNS];
  const chain = ['--chain-id', `${CHAIN_ID}`, '--host', '127.0.0.1', '--no-cors', '--color', 'never'];
  const command = [anvil, ...flags, ...chain, ...(mixedMining ? ['--mixed-mining'] : [])];
  // A group of its own, so that Ctrl-C in the terminal reaches this process only.
  const child = spawn('/bin/sh', ['-c', GUARD, 'anvil-guard', markOf(stateFile), ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  const words = lastWords([child.stdout, child.stderr]);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(words.read()));
  });
  const stop = async () => {
    child.stdin.end();
    if ((await within(ended, STOP_MS)) === undefined && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  try {
    const address = await within(Promise.race([words.found(/Listening on (\S+)/), ended.then(didNotStart)]), START_MS);
    if (address === undefined) throw new MurmurError('timeout', `anvil did not start within ${START_MS / 1000} s`);
    return { url: `http://${address}`, ended, stop };
  } catch (error) {
    await stop();
    // What never listened never changed the state.
    if (wasWhole) await writeFile(markOf(stateFile), '');
    throw error;
  }
}

function didNotStart(words: string): never {
  if (/address already in use/i.test(words)) {
    throw new MurmurError('conflict', 'the port for the chain is taken', { hint: 'Choose another with --rpc-port.' });
  }
  throw new MurmurError('internal', `anvil ended at once: ${words || 'it said nothing'}`);
}

/** Reads what a child says, so that its pipes never fill, and keeps the end of it. */
function lastWords(streams: readonly NodeJS.ReadableStream[]) {
  let said = '';
  const waiting: (() => void)[] = [];
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-LAST_WORDS);
      for (const look of waiting) look();
    });
  }
  return {
    read: () => said.trim(),
    /** The first group of a pattern, once it was said. */
    found: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        waiting.push(() => {
          const [, group] = pattern.exec(said) ?? [];
          if (group === undefined) return;
          waiting.length = 0;
          resolve(group);
        });
      }),
  };
}

/** The promise's value, or undefined when it takes too long. */
async function within<T>(promise: Promise<T>, durationMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), durationMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The binary that npm installed for this platform, else one on PATH. @throws MurmurError unsupported */
export function findAnvil(): string {
  const folders = [join(ROOT, 'node_modules/.bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.map((folder) => join(folder, 'anvil')).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new MurmurError('unsupported', 'the local chain needs anvil, and there is none', {
    hint: 'npm installs it on Linux x64; elsewhere install Foundry (https://getfoundry.sh) so that anvil is on PATH.',
  });
}
