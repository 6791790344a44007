/** A thread that trains, for any number of sites: every port that comes is a trainer. Bundled to dist/node/trainer-worker.js. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Endpoint } from 'comlink';
import { secureRandom } from '../src/core/random.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { serveTrainer } from '../src/threads/trainer.ts';
import { recordRandomness } from '../src/training/records.ts';
import { createTrainer, type Trainer } from '../src/training/trainer.ts';

/** On a busy machine a late step is only slow, but a late message makes the round void. On Linux this is the thread's own priority. */
const YIELDS_BY = 5;
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + YIELDS_BY));

let lastStart: Promise<unknown> = Promise.resolve();

/** wasm, or plain JavaScript where that fails. tfjs has one current backend a thread, so one start follows the other. */
function start(spec: TaskSpec): Promise<Trainer> {
  const create = () => createTrainer({ spec, prefer: ['wasm', 'cpu'], randomness: recordRandomness(secureRandom) });
  const started = lastStart.then(create, create);
  lastStart = started.catch(() => undefined);
  return started;
}

parentPort?.on('message', (port: Endpoint) => serveTrainer(port, start));
