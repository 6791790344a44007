/** A thread of the aggregator: sums key streams over a byte range. Bundled to dist/node/aggregator-worker.js. */
import { parentPort } from 'node:worker_threads';
import { toErrorData } from '../src/core/errors.ts';
import { type StreamJob, sumStreams } from '../src/masking/stream.ts';
import { cipherStream } from './cipher-stream.ts';
import type { JobResult } from './thread-pool.ts';

parentPort?.on('message', async (job: StreamJob) => {
  let result: JobResult;
  try {
    result = { bytes: await sumStreams(job, { openStream: cipherStream }) };
  } catch (error) {
    result = { error: toErrorData(error) };
  }
  parentPort?.postMessage(result, 'bytes' in result ? [result.bytes.buffer] : []);
});
