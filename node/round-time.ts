/**
 * How long the phases of the local network must be, from what a round of its task costs. They end as soon as everybody has spoken, so
 * room costs nothing where nobody is away; too little of it makes the rounds of a costly task void. Only joining has a fixed length.
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
const PATIENCE = 20;
/** Nobody waits longer for a site that is away. */
const LONGEST_PHASE_SECONDS = 1800;

/** Joining takes a small part of a round: sites that still judge the last model come late to it. */
const JOIN_PART = 1 / 4;
const LONGEST_JOIN_SECONDS = 20;

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
  const seconds = roundSeconds(spec, work);
  const longer = (length: number, wanted: number, longest: number) =>
    Math.max(length, Math.min(longest, Math.ceil(wanted)));
  return {
    ...lengths,
    joinSeconds: longer(lengths.joinSeconds, JOIN_PART * seconds, LONGEST_JOIN_SECONDS),
    phaseSeconds: longer(lengths.phaseSeconds, PATIENCE * seconds, LONGEST_PHASE_SECONDS),
  };
}
