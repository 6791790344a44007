/**
 * The trainer on a thread of its own, so that neither the page nor the protocol ever waits for a step: both ends of one port, which is a
 * worker of a browser or a MessagePort of Node. Who starts the thread says when it has died; a call on a dead one rejects, none hangs.
 */
import { type Endpoint, expose, proxy, transfer, wrap } from 'comlink';
import { MurmurError } from '../core/errors.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import './transfer.ts';

type Job = Omit<TrainerJob, 'signal' | 'onStep'>;
type Result = Awaited<ReturnType<TrainerPort['train']>>;

/** What the ends say to each other. Arrays are moved, not copied. */
interface TrainerApi {
  /** Starts a backend that passes the gradient self-test. */
  start(spec: TaskSpec): Promise<Started>;
  train(job: Job, onStep: TrainerJob['onStep'], signal: AbortSignal): Promise<Result>;
  predict(weights: Float32Array, features: Float32Array, rows: number): Promise<Float32Array>;
}

interface Started {
  readonly backend: string;
  /** what is used and why not the others, in sentences */
  readonly message: string;
}

/** A trainer on another thread. */
export type ThreadedTrainer = TrainerPort & Started;

/** As createTrainer of src/training makes one. */
type ServedTrainer = TrainerPort & { readonly report: { readonly message: string } };

/** The thread's end: one trainer, which a second start replaces. */
export function serveTrainer(endpoint: Endpoint, createTrainer: (spec: TaskSpec) => Promise<ServedTrainer>): void {
  let trainer: TrainerPort | undefined;
  const started = (): TrainerPort => {
    if (trainer === undefined) throw new MurmurError('internal', 'the trainer was used before it was started');
    return trainer;
  };
  const api: TrainerApi = {
    async start(spec) {
      const fresh = await createTrainer(spec);
      trainer = fresh;
      return { backend: fresh.backend, message: fresh.report.message };
    },
    train: (job, onStep, signal) => started().train({ ...job, onStep, signal }),
    predict: (weights, features, rows) => started().predict(weights, features, rows),
  };
  expose(api, endpoint);
}

/**
 * The other end. Arrays are copied once here and then moved, because callers go on using theirs.
 * @param failed rejects when the thread has died
 * @throws MurmurError what the thread threw, rebuilt; what `failed` rejects with
 */
export async function connectTrainer(
  endpoint: Endpoint,
  spec: TaskSpec,
  failed: Promise<never>,
): Promise<ThreadedTrainer> {
  const api = wrap<TrainerApi>(endpoint);
  const started = await Promise.race([api.start(spec), failed]);
  return {
    ...started,
    train: ({ onStep, signal, ...job }) =>
      cancellable(signal, (own) => Promise.race([api.train(moved(job), onStep && proxy(onStep), own), failed])),
    predict(weights, features, rows) {
      const copies = [weights.slice(), features.slice()] as const;
      return Promise.race([
        api.predict(transfer(copies[0], [copies[0].buffer]), transfer(copies[1], [copies[1].buffer]), rows),
        failed,
      ]);
    },
  };
}

function moved(job: Job): Job {
  const copy = {
    ...job,
    weights: job.weights.slice(),
    features: job.features.slice(),
    labels: job.labels.slice(),
    seed: job.seed.slice(),
  };
  return transfer(copy, [copy.weights.buffer, copy.features.buffer, copy.labels.buffer, copy.seed.buffer]);
}

/** A signal of the call's own: its port is closed when the call ends, however long the caller's signal lives. */
async function cancellable<T>(signal: AbortSignal | undefined, call: (own: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const abort = () => own.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await call(own.signal);
  } finally {
    signal?.removeEventListener('abort', abort);
    abort();
  }
}
