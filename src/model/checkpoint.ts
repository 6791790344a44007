/**
 * A checkpoint is all that the next round starts from: weights, frozen statistics and the server optimiser's state, as one canonical
 * safetensors file. Its SHA-256 is M (docs/protocol.md, section 1), so two people who folded alike hold the same bytes.
 */
import { type Bytes, toHex } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { Normaliser } from '../dataset/statistics.ts';
import { standardisedWidth, targetOf } from '../protocol/target.ts';
import { MOMENTS } from '../protocol/server-spec.ts';
import { type TaskSpec, taskSpecHash } from '../protocol/task-spec.ts';
import { type Tensor, readSafetensors, writeSafetensors } from './safetensors.ts';
import { weightLayout } from './spec.ts';

/** State of the server; a moment that the task's optimiser does not keep is empty, else it has one entry a shared weight. */
export interface ServerState {
  /** server steps taken so far */
  readonly step: number;
  readonly firstMoment: Float64Array;
  readonly secondMoment: Float64Array;
  /** beta1^step and beta2^step as running products where the optimiser corrects its moments, else 1 */
  readonly beta1Power: number;
  readonly beta2Power: number;
  /** SCAFFOLD's server control variate c, one entry a shared weight; only in tasks that train by it */
  readonly control?: Float64Array;
  /** only in tasks that may stop early */
  readonly progress?: LossProgress;
}

/** How the pooled loss has gone. */
export interface LossProgress {
  /** least so far; Number.MAX_VALUE before the first */
  readonly best: number;
  /** rounds since it last fell by enough */
  readonly waited: number;
}

export interface Checkpoint {
  /** flat, in the order of weightLayout; private layers have the values that a site begins with */
  readonly weights: Float32Array;
  readonly normaliser: Normaliser;
  readonly server: ServerState;
}

/** What a checkpoint's metadata say that it is. */
export const CHECKPOINT_FORMAT = 'murmur-checkpoint/1';

/** The server state before the first step. */
export function initialServerState(spec: TaskSpec): ServerState {
  const { server, training } = spec;
  const { first, second, control } = stateLengths(spec);
  // FedAdagrad and FedYogi start v at τ² (src/aggregation/server).
  const start = server.kind === 'fedadagrad' || server.kind === 'fedyogi' ? server.tau * server.tau : 0;
  return {
    step: 0,
    firstMoment: new Float64Array(first),
    secondMoment: new Float64Array(second).fill(start),
    beta1Power: 1,
    beta2Power: 1,
    ...(control > 0 && { control: new Float64Array(control) }),
    ...(training.earlyStop && { progress: { best: Number.MAX_VALUE, waited: 0 } }),
  };
}

/**
 * The one byte string of a checkpoint.
 * @throws MurmurError bad-input when arrays do not fit the spec or hold −0 or a value that is not finite
 */
export async function writeCheckpoint(spec: TaskSpec, checkpoint: Checkpoint): Promise<Bytes> {
  const { weights, normaliser, server } = checkpoint;
  const layout = weightLayout(spec);
  check(weights.length === layout.length, `expected ${layout.length} weights, got ${weights.length}`);
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, offset, length } of layout.tensors) {
    tensors.set(`model.${name}`, { shape, values: weights.subarray(offset, offset + length) });
  }
  for (const [name, values] of doubles(checkpoint)) tensors.set(name, { shape: [values.length], values });
  checkState(spec, normaliser, server);
  return writeSafetensors({ tensors, metadata: await metadataOf(spec) });
}

/**
 * Reads a checkpoint of this very task.
 * @throws MurmurError bad-input for bytes that are not canonical, of another task, or of other shapes
 */
export async function readCheckpoint(spec: TaskSpec, bytes: Uint8Array): Promise<Checkpoint> {
  const { tensors, metadata } = readSafetensors(bytes);
  for (const [key, value] of Object.entries(await metadataOf(spec))) {
    check(metadata[key] === value, `the checkpoint's ${key} is ${metadata[key] ?? 'missing'}, expected ${value}`);
  }
  const layout = weightLayout(spec);
  const weights = new Float32Array(layout.length);
  for (const { name, shape, offset } of layout.tensors) {
    const tensor = tensors.get(`model.${name}`);
    check(
      tensor?.values instanceof Float32Array && tensor.shape.join() === shape.join(),
      `the checkpoint has no ${name} of shape ${shape.join(' x ')}`,
    );
    weights.set(tensor.values, offset);
  }
  const vector = (name: string): Float64Array => {
    const tensor = tensors.get(name);
    check(tensor?.values instanceof Float64Array && tensor.shape.length === 1, `the checkpoint has no ${name}`);
    return tensor.values;
  };
  const scalar = (name: string): number => {
    const values = vector(name);
    check(values.length === 1, `${name} is not one number`);
    return values[0] as number;
  };
  const checkpoint: Checkpoint = {
    weights,
    normaliser: {
      mean: vector('normaliser.mean'),
      scale: vector('normaliser.scale'),
      rows: scalar('normaliser.rows'),
      positives: scalar('normaliser.positives'),
      ...(tensors.has('normaliser.classRows') && { classRows: vector('normaliser.classRows') }),
    },
    server: {
      step: scalar('server.step'),
      firstMoment: vector('server.firstMoment'),
      secondMoment: vector('server.secondMoment'),
      beta1Power: scalar('server.beta1Power'),
      beta2Power: scalar('server.beta2Power'),
      ...(stateLengths(spec).control > 0 && { control: vector('server.control') }),
      ...(spec.training.earlyStop && {
        progress: { best: scalar('server.progress.best'), waited: scalar('server.progress.waited') },
      }),
    },
  };
  check(
    tensors.size === layout.tensors.length + doubles(checkpoint).length,
    'the checkpoint has tensors that no task has',
  );
  checkState(spec, checkpoint.normaliser, checkpoint.server);
  return checkpoint;
}

/**
 * The file of a site's own model in a task with private layers: as a checkpoint, with the site's values in them, and saying so.
 * @param model the common checkpoint with the site's private weights (parts.ts)
 */
export async function writeOwnModel(spec: TaskSpec, model: Checkpoint): Promise<Bytes> {
  const { tensors, metadata } = readSafetensors(await writeCheckpoint(spec, model));
  return writeSafetensors({
    tensors,
    metadata: { ...metadata, private: 'the values of one site: do not pass them on' },
  });
}

/** M: SHA-256 of the bytes of a checkpoint. */
export function modelHash(bytes: Uint8Array): Promise<Bytes> {
  return sha256(bytes);
}

async function metadataOf(spec: TaskSpec): Promise<Record<string, string>> {
  const { private: own = [] } = spec.model;
  const task = toHex(await taskSpecHash(spec));
  if (own.length === 0) return { format: CHECKPOINT_FORMAT, task };
  // Whoever opens the file must not take these for something that was learnt.
  const words = `${own.map((index) => `layers.${index}`).join(', ')}: the values that every site begins with; each keeps its own`;
  return { format: CHECKPOINT_FORMAT, task, private: words };
}

function doubles({ normaliser, server }: Checkpoint): readonly (readonly [string, Float64Array])[] {
  return [
    ['normaliser.mean', normaliser.mean],
    ['normaliser.scale', normaliser.scale],
    ['normaliser.rows', Float64Array.of(normaliser.rows)],
    ['normaliser.positives', Float64Array.of(normaliser.positives)],
    ...(normaliser.classRows === undefined ? [] : [['normaliser.classRows', normaliser.classRows] as const]),
    ['server.step', Float64Array.of(server.step)],
    ['server.firstMoment', server.firstMoment],
    ['server.secondMoment', server.secondMoment],
    ['server.beta1Power', Float64Array.of(server.beta1Power)],
    ['server.beta2Power', Float64Array.of(server.beta2Power)],
    ...(server.control ? [['server.control', server.control] as const] : []),
    ...(server.progress
      ? ([
          ['server.progress.best', Float64Array.of(server.progress.best)],
          ['server.progress.waited', Float64Array.of(server.progress.waited)],
        ] as const)
      : []),
  ];
}

/** Entries of the server's vectors; 0 for those that the task does not keep. */
function stateLengths(spec: TaskSpec) {
  const { server, training } = spec;
  const { sharedLength: length } = weightLayout(spec);
  const moments = MOMENTS[server.kind];
  return {
    first: moments >= 1 ? length : 0,
    second: moments >= 2 ? length : 0,
    control: training.algorithm?.kind === 'scaffold' ? length : 0,
  };
}

function checkState(spec: TaskSpec, normaliser: Normaliser, server: ServerState): void {
  const width = standardisedWidth(spec.data);
  const target = targetOf(spec.data);
  const { mean, scale, rows, positives, classRows } = normaliser;
  check(mean.length === width && scale.length === width, `the normaliser does not have ${width} entries`);
  check(
    scale.every((value) => value > 0),
    'a scale is not positive',
  );
  check(
    Number.isSafeInteger(rows) && Number.isSafeInteger(positives) && rows > 0 && positives >= 0 && positives <= rows,
    'bad row counts',
  );
  const classes = target.kind === 'classes' ? target.names.length : 0;
  check(
    (classRows?.length ?? 0) === classes && (classRows?.reduce((sum, count) => sum + count, 0) ?? rows) === rows,
    'bad class counts',
  );
  const { first, second, control } = stateLengths(spec);
  check(
    server.firstMoment.length === first && server.secondMoment.length === second,
    `the server state does not have ${first} and ${second} moments`,
  );
  check((server.control?.length ?? 0) === control, `the server state does not have ${control} control variates`);
  check(
    (server.progress !== undefined) === (spec.training.earlyStop !== undefined),
    'the server state and the task differ on stopping early',
  );
  if (server.progress !== undefined) {
    const { best, waited } = server.progress;
    check(best >= 0 && Number.isSafeInteger(waited) && waited >= 0, 'the loss has gone as no loss can');
  }
  check(
    server.secondMoment.every((value) => value >= 0),
    'a second moment is negative',
  );
  check(Number.isSafeInteger(server.step) && server.step >= 0, 'the server step is no count');
  for (const power of [server.beta1Power, server.beta2Power])
    check(power >= 0 && power <= 1, 'a beta power is outside [0, 1]');
}
