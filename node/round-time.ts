/**
 * How long a phase of the local network must be, from what a round of its task costs. Phases end as soon as everybody has spoken, so
 * room costs nothing where nobody is away; too little of it makes the rounds of a costly task void.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../src/dataset/examples/index.ts';
import { modelCost } from '../src/model/cost.ts';
import { localSteps } from '../src/protocol/training-spec.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { readDataset } from './data-files.ts';
import type { PhaseLengths } from './example-task.ts';
import { PUBLIC_FOLDER } from './places.ts';

/** The machine may be slow, and busy with other things: so many times what an ordinary one takes. */
const PATIENCE = 8;
/** Nobody waits longer for a site that is away. */
const LONGEST_PHASE_SECONDS = 1800;

export interface RoundWork {
  /** of the site that has most */
  readonly trainRows: number;
  readonly heldOutRows: number;
  /** sites that train on this machine, and threads that they share */
  readonly sites: number;
  readonly threads: number;
}

/** What a round is for the sites of an example; the largest file has the most rows. */
export async function measureWork({ sites }: Example, spec: TaskSpec, threads: number): Promise<RoundWork> {
  const files = sites.map(({ path }) => join(PUBLIC_FOLDER, path));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const largest = files[sizes.indexOf(Math.max(...sizes))] as string;
  const { train, heldOut } = await readDataset(largest, spec);
  return { trainRows: train.rows, heldOutRows: heldOut.rows, sites: sites.length, threads };
}

/** Seconds that the training of one round keeps an ordinary machine busy. */
export function roundSeconds(spec: TaskSpec, { trainRows, heldOutRows, sites, threads }: RoundWork): number {
  const { batchSize } = spec.training;
  // A held-out row passes forward three times, once before the training and twice for the vote: as much as one step back and forth.
  const steps = localSteps(spec.training, trainRows) + Math.ceil(heldOutRows / batchSize);
  return steps * modelCost(spec, batchSize).stepSeconds * Math.ceil(sites / threads);
}

/** The lengths, with phases long enough for the work. */
export function lengthsFor(lengths: PhaseLengths, spec: TaskSpec, work: RoundWork): PhaseLengths {
  const needed = Math.min(LONGEST_PHASE_SECONDS, Math.ceil(PATIENCE * roundSeconds(spec, work)));
  return { ...lengths, phaseSeconds: Math.max(lengths.phaseSeconds, needed) };
}
