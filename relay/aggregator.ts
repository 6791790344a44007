/**
 * The aggregator: gathers a round's public evidence from the chain and the relay's own log and blobs, takes the masks off, folds.
 * It has nothing that others have not: every participant recomputes its result and disputes a wrong one.
 *
 * Long sums are spread over worker threads; short ones (tables) are done where they are, faster than a thread could start.
 */
import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gatherEvidence } from '../src/aggregation/evidence.ts';
import { roundLayout } from '../src/aggregation/layouts.ts';
import { checkpointOf, recomputeRound } from '../src/aggregation/recompute.ts';
import { fetchSpec, fetchStart } from '../src/aggregation/verify.ts';
import type { Bytes } from '../src/core/bytes.ts';
import { type StreamJob, sumStreams } from '../src/masking/stream.ts';
import { Mailbox } from '../src/protocol/mailbox.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import { ZERO_HASH } from '../src/protocol/views.ts';
import type { Aggregated } from './core/types.ts';
import { cipherStream } from './cipher-stream.ts';
import { ThreadPool } from './thread-pool.ts';

/** Key stream bytes from which on threads are worth their start. */
const THREADED_BYTES = 16 * 2 ** 20;
/** Tasks whose messages stay sorted in memory between rounds. */
const MAX_MAILBOXES = 32;

export interface Aggregator {
  aggregate(relay: RelayPort, task: bigint, round: number, signal: AbortSignal): Promise<Aggregated>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/**
 * @param workerScript the bundled aggregator-worker; where it is missing (unbundled source in a test) all is done in this thread
 * @param threads one a core by default
 * @param threadedBytes key stream bytes from which on a round goes to the threads
 */
export function createAggregator({
  chain,
  workerScript = new URL('./aggregator-worker.js', import.meta.url),
  threads = availableParallelism(),
  threadedBytes = THREADED_BYTES,
}: {
  chain: ChainReader;
  workerScript?: URL;
  threads?: number;
  threadedBytes?: number;
}): Aggregator {
  const pool = existsSync(fileURLToPath(workerScript)) ? new ThreadPool(workerScript, threads) : undefined;
  const mailboxes = new Map<bigint, Mailbox>();

  const mailboxOf = (relay: RelayPort, task: bigint): Mailbox => {
    const mailbox = mailboxes.get(task) ?? new Mailbox(relay, task);
    mailboxes.set(task, mailbox);
    const [oldest] = mailboxes.keys();
    if (mailboxes.size > MAX_MAILBOXES && oldest !== undefined) mailboxes.delete(oldest);
    return mailbox;
  };

  return {
    async aggregate(relay, task, round, signal) {
      const [taskView, view] = await Promise.all([chain.task(task, signal), chain.round(task, round, signal)]);
      const spec = await fetchSpec(relay, taskView, signal);
      const mailbox = mailboxOf(relay, task);
      mailbox.forgetBefore(round);
      const layout = roundLayout(spec, view.step);
      const evidence = await gatherEvidence({ chain, source: relay, mailbox, task: taskView, view, layout, signal });
      const base =
        view.baseModel === ZERO_HASH
          ? undefined
          : await checkpointOf(spec, await relay.blobs.get(view.baseModel, signal), view.baseModel);
      const runJobs = (jobs: readonly StreamJob[]) => runStreamJobs(pool, jobs, signal, threadedBytes);
      const { packedSum, checkpointBytes, sumRoot, modelHash } = await recomputeRound({
        spec,
        evidence,
        base,
        start: base === undefined ? await fetchStart(relay, spec, signal) : undefined,
        runJobs,
        signal,
      });
      return { sum: packedSum, model: checkpointBytes, sumRoot, modelHash };
    },
    close: async () => pool?.close(),
  };
}

/** Runs jobs on the pool when they are long, else here. */
export async function runStreamJobs(
  pool: ThreadPool | undefined,
  jobs: readonly StreamJob[],
  signal: AbortSignal,
  threadedBytes = THREADED_BYTES,
): Promise<readonly Bytes[]> {
  const streamBytes = jobs.reduce((sum, { start, end, streams }) => sum + (end - start) * streams.length, 0);
  if (pool !== undefined && streamBytes >= threadedBytes) return pool.run(jobs, signal);
  const results: Bytes[] = [];
  for (const job of jobs) results.push(await sumStreams(job, { signal, openStream: cipherStream }));
  return results;
}
