/**
 * The only way from the page into its workers. The participant's worker is started on first use, stopped when nothing needs it,
 * and started again with the same listener; a worker that cannot run rejects every call instead of leaving it waiting.
 */
import { type Remote, proxy, wrap } from 'comlink';
import { MurmurError } from '../src/core/errors.ts';
import type { ParticipantApi } from './api/participant.ts';
import type { Snapshot } from './api/participation.ts';
import '../src/threads/transfer.ts';

/** A worker that nobody called for so long, and that takes part in nothing, is stopped. */
const IDLE_MS = 60_000;

interface Running {
  readonly worker: Worker;
  readonly api: Remote<ParticipantApi>;
  /** rejects when the worker cannot run */
  readonly failed: Promise<never>;
}

const answered = new WeakSet<Worker>();
let running: Running | undefined;
let calls = 0;
let idleTimer: ReturnType<typeof setTimeout> | undefined;
let lastSnapshot: Snapshot | undefined;
let watching:
  | {
      readonly listener: (snapshot: Snapshot) => void;
      readonly onError: (error: unknown) => void;
      readonly mine: string | undefined;
    }
  | undefined;

/**
 * Runs one exchange with the participant's worker.
 * @throws MurmurError what the worker threw, rebuilt; internal when the worker itself cannot run
 */
export async function useParticipant<T>(use: (participant: Remote<ParticipantApi>) => Promise<T>): Promise<T> {
  clearTimeout(idleTimer);
  calls++;
  try {
    const { api, failed } = (running ??= start());
    const { worker } = running;
    const result = await Promise.race([use(api), failed]);
    answered.add(worker);
    return result;
  } finally {
    calls--;
    stopWhenIdle();
  }
}

/**
 * Hears every change of this tab's participation, across restarts of the worker. There is one watcher a page.
 * @param mine the participation that this tab had before a reload
 */
export function watchParticipant(
  listener: (snapshot: Snapshot) => void,
  onError: (error: unknown) => void,
  mine?: string,
): void {
  watching = { listener, onError, mine };
  // Starting attaches the watcher; a worker that runs already has to be told.
  if (running === undefined) useParticipant(async () => undefined).catch(onError);
  else attach(running);
}

function start(): Running {
  const worker = new Worker(new URL('./participant.ts', import.meta.url), { type: 'module', name: 'participant' });
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      // Once it has answered, the worker reports its own failures.
      if (answered.has(worker)) return;
      stop(worker);
      reject(new MurmurError('internal', event.message || 'the background worker could not be loaded'));
    });
  });
  failed.catch(() => undefined);
  const started: Running = { worker, api: wrap<ParticipantApi>(worker), failed };
  attach(started);
  return started;
}

function attach({ api, failed }: Running): void {
  if (watching === undefined) return;
  const { listener, onError, mine } = watching;
  const hear = (snapshot: Snapshot) => {
    lastSnapshot = snapshot;
    listener(snapshot);
    stopWhenIdle();
  };
  Promise.race([api.watch(proxy(hear), mine), failed]).catch(onError);
}

function stop(worker: Worker): void {
  worker.terminate();
  if (running?.worker === worker) running = undefined;
}

function stopWhenIdle(): void {
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => {
    const idle = calls === 0 && lastSnapshot?.holder === 'nobody';
    if (idle && running !== undefined) stop(running.worker);
  }, IDLE_MS);
}
