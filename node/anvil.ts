/** A local Ethereum chain as a child process: foundry's anvil, from npm on Linux x64, else from PATH. */
import { type ChildProcess, spawn } from 'node:child_process';
import { MurmurError } from '../src/core/errors.ts';
import { findAnvil } from './saved-anvil.ts';

/** The first of anvil's well-known accounts: has play money on a fresh chain, and everybody knows the key. */
export const ANVIL_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

const STARTED = /Listening on (\S+):(\d+)/;
const START_TIMEOUT_MS = 20_000;

export interface Anvil {
  readonly rpcUrl: string;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts anvil on a free port of the loopback interface, mining a block a transaction unless the arguments say otherwise.
 * @param args further command-line arguments, e.g. `['--chain-id', '8453']`
 * @throws MurmurError unsupported when there is no anvil, internal when it does not start
 */
export async function startAnvil(args: readonly string[] = []): Promise<Anvil> {
  const child = spawn(findAnvil(), ['--host', '127.0.0.1', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await listeningPort(child);
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (code: 'unsupported' | 'internal', message: string): void => {
      clearTimeout(timer);
      child.kill();
      reject(
        new MurmurError(code, message, { hint: 'npm installs anvil on Linux x64; elsewhere put foundry on PATH' }),
      );
    };
    const timer = setTimeout(
      () => fail('internal', `anvil did not start in ${START_TIMEOUT_MS / 1000} s`),
      START_TIMEOUT_MS,
    );
    const take = (text: string): void => {
      output += text;
      const match = STARTED.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      // It goes on talking, and would stop at a full pipe.
      child.stdout?.removeAllListeners('data').resume();
      child.stderr?.removeAllListeners('data').resume();
      resolve(Number(match[2]));
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('error', (error) => fail('unsupported', `anvil cannot be run: ${error.message}`));
    child.once('exit', (code) => fail('internal', `anvil ended with code ${code}: ${output.trim()}`));
  });
}
