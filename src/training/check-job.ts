/** What a job must be before it is trained, so that a mistake of the caller is told in words and not found in the weights. */
import { check } from '../core/errors.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { labelsFit } from './losses.ts';
import type { Network } from './network.ts';

/** @throws MurmurError bad-input */
export function checkRows(network: Network, features: Float32Array, rows: number): void {
  check(Number.isInteger(rows) && rows >= 0, 'rows must be a whole number');
  check(
    features.length === rows * network.inputWidth,
    `features must hold ${rows} x ${network.inputWidth} values, not ${features.length}`,
  );
}

/** @throws MurmurError bad-input */
export function checkJob(network: Network, job: TrainerJob): void {
  const { features, labels, rows, stream, epochs, steps, batchSize, learningRate, l2, proximal = 0, records } = job;
  checkRows(network, features, stream === undefined ? rows : 0);
  check(rows > 0, 'there are no rows to train on');
  if (stream === undefined)
    check(labelsFit(network.target, labels, rows), `labels must be ${rows} x ${network.labelWidth} of the task's`);
  else check(stream.starts.at(-1) === rows && stream.windowRows > 0, `a stream must have blocks of ${rows} rows`);
  check(epochs !== undefined || steps !== undefined, 'epochs or steps must be given');
  check(job.budgetMs === undefined || job.budgetMs > 0, 'budgetMs must be above zero');
  for (const [name, value] of Object.entries({ epochs, steps, batchSize }))
    check(value === undefined || (Number.isInteger(value) && value > 0), `${name} must be a positive integer`);
  check(Number.isFinite(learningRate) && learningRate > 0, 'learningRate must be above zero');
  check(Number.isFinite(l2) && l2 >= 0, 'l2 must not be negative');
  check(Number.isFinite(proximal) && proximal >= 0, 'proximal must not be negative');
  check(job.clip === undefined || job.clip > 0, 'clip must be above zero');
  check(
    job.correction === undefined || job.correction.length === network.weightCount,
    `correction must hold ${network.weightCount} values`,
  );
  if (records === undefined) return;
  check(records.clip > 0 && Number.isFinite(records.clip), 'records.clip must be above zero');
  check(records.noise >= 0 && Number.isFinite(records.noise), 'records.noise must not be negative');
  check(records.rate > 0 && records.rate <= 1, 'records.rate must be in (0, 1]');
  check(job.clip === undefined, 'with records, gradients are clipped record by record');
}
