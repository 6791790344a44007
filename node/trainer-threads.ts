/**
 * Threads that train (worker_threads), so that chain, relay and sessions of this process go on meanwhile. At most as many as there are
 * cores: sites beyond that share a thread, where they train in turns.
 */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Endpoint } from 'comlink';
import { MurmurError } from '../src/core/errors.ts';
import type { TrainerPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { connectTrainer } from '../src/threads/trainer.ts';
import { TRAINER_WORKER } from './places.ts';

/** A trainer on a thread. */
export interface ThreadTrainer extends TrainerPort {
  /** Lets go of it; calls under way never come back, so cancel them first. */
  close(): void;
}

interface Thread {
  readonly worker: Worker;
  /** rejects when it has died */
  readonly failed: Promise<never>;
  trainers: number;
}

export class TrainerThreads {
  /** as many threads there will be, if there is work for them */
  readonly most: number;
  readonly #threads: Thread[] = [];

  /** A thread is started when a trainer finds all others busy. */
  constructor(most = availableParallelism()) {
    this.most = most;
  }

  /**
   * A trainer on the thread that has the fewest; close it to make room.
   * @throws MurmurError as createTrainer of src/training; internal when the thread cannot run
   */
  async createTrainer(spec: TaskSpec): Promise<ThreadTrainer> {
    const thread = this.#leastBusy();
    thread.trainers += 1;
    const { port1, port2 } = new MessageChannel();
    let open = true;
    const letGo = () => {
      if (open) thread.trainers -= 1;
      open = false;
      port1.close();
    };
    thread.worker.postMessage(port2, [port2]);
    try {
      // Node's ports are the endpoints that comlink knows from browsers.
      const trainer = await connectTrainer(port1 as unknown as Endpoint, spec, thread.failed);
      return { ...trainer, close: letGo };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  /** Ends the threads; calls under way never come back, so cancel them first. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread {
    const [least] = this.#threads.toSorted((a, b) => a.trainers - b.trainers);
    if (least !== undefined && (least.trainers === 0 || this.#threads.length >= this.most)) return least;
    return this.#start();
  }

  #start(): Thread {
    const worker = new Worker(pathToFileURL(TRAINER_WORKER));
    worker.unref();
    const failed = new Promise<never>((_, reject) => {
      const died = (cause?: unknown) => {
        const at = this.#threads.indexOf(thread);
        if (at >= 0) this.#threads.splice(at, 1);
        reject(new MurmurError('internal', 'a training thread ended', { cause }));
      };
      worker.once('error', died);
      worker.once('exit', () => died());
    });
    failed.catch(() => undefined);
    const thread: Thread = { worker, failed, trainers: 0 };
    this.#threads.push(thread);
    return thread;
  }
}
