/**
 * A few threads that run stream jobs, one job at a time each. Started when first needed; they do not keep the process alive.
 * A job that is cancelled, and a thread that dies, take their thread with them; the next job gets a fresh one.
 */
import { Worker } from 'node:worker_threads';
import type { Bytes } from '../src/core/bytes.ts';
import { cancelled } from '../src/core/clock.ts';
import { type ErrorData, fromErrorData, MurmurError } from '../src/core/errors.ts';
import type { StreamJob } from '../src/masking/stream.ts';

/** What a thread answers. */
export type JobResult = { readonly bytes: Bytes } | { readonly error: ErrorData };

export class ThreadPool {
  readonly #script: URL;
  readonly #size: number;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  /** @param script the bundled worker */
  constructor(script: URL, size: number) {
    this.#script = script;
    this.#size = size;
  }

  /** Results in the order of the jobs. The first failure ends the others. */
  async run(jobs: readonly StreamJob[], signal?: AbortSignal): Promise<readonly Bytes[]> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    if (signal?.aborted) throw cancelled();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.all(jobs.map((job) => this.#runOne(job, controller.signal)));
    } finally {
      signal?.removeEventListener('abort', abort);
      controller.abort();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const resume of this.#waiting.splice(0)) resume();
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  async #runOne(job: StreamJob, signal: AbortSignal): Promise<Bytes> {
    const worker = await this.#take(signal);
    let sound = false;
    try {
      const result = await answerOf(worker, job, signal);
      sound = true;
      if ('error' in result) throw fromErrorData(result.error);
      return result.bytes;
    } finally {
      if (sound && !this.#closed) this.#idle.push(worker);
      else await this.#end(worker);
      this.#waiting.shift()?.();
    }
  }

  /** A thread that is free, a new one, or the next one to become free. */
  async #take(signal: AbortSignal): Promise<Worker> {
    for (;;) {
      if (this.#closed || signal.aborted) {
        this.#waiting.shift()?.();
        throw cancelled();
      }
      const idle = this.#idle.pop();
      if (idle !== undefined) return idle;
      if (this.#all.size < this.#size) return this.#start();
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script);
    worker.unref();
    this.#all.add(worker);
    return worker;
  }

  async #end(worker: Worker): Promise<void> {
    this.#all.delete(worker);
    await worker.terminate();
  }
}

/** Sends one job and waits for its answer, the thread's death or the signal. */
function answerOf(worker: Worker, job: StreamJob, signal: AbortSignal): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const clear = () => {
      worker.off('message', answered);
      worker.off('error', died);
      worker.off('exit', exited);
      signal.removeEventListener('abort', aborted);
    };
    const settle = (act: () => void) => {
      clear();
      act();
    };
    const answered = (result: JobResult) => settle(() => resolve(result));
    const died = (cause: unknown) =>
      settle(() => reject(new MurmurError('internal', 'a thread of the aggregator failed', { cause })));
    const exited = () => settle(() => reject(new MurmurError('internal', 'a thread of the aggregator ended')));
    const aborted = () => settle(() => reject(cancelled()));
    worker.on('message', answered);
    worker.on('error', died);
    worker.on('exit', exited);
    signal.addEventListener('abort', aborted, { once: true });
    worker.postMessage(job);
  });
}
