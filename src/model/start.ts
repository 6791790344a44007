/**
 * A file of starting weights: the model that a task begins from, instead of random weights. It is named in the spec by its SHA-256, so all
 * have the same bytes whoever they got them from.
 *
 * Two kinds of safetensors files fit: one with a tensor a weight tensor of the model (`layers.0.kernel`, …; adapters left out), as any
 * program may write it; or the checkpoint of a Murmur task, of which the model is taken and the rest (its statistics, its server's state)
 * is not. Names and shapes must be exactly those of the model, numbers F32 and finite.
 *
 * Not checked: that the weights are good for anything, or what they were trained on.
 */
import { type Bytes, type Hex, toHex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { MAX_START_BYTES } from '../protocol/limits.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { StartSpec } from '../protocol/model-spec.ts';
import { CHECKPOINT_FORMAT } from './checkpoint.ts';
import { readForeignSafetensors, type Tensor, type TensorFile, writeSafetensors } from './safetensors.ts';
import { type WeightTensor, weightLayout } from './spec.ts';

/** What is in a file without its numbers: enough to hold it against any model. */
export interface StartContents {
  readonly start: StartSpec & { readonly sha256: Hex };
  /** of the model in it, by name */
  readonly tensors: ReadonlyMap<string, StartTensor>;
}

interface StartTensor {
  readonly shape: readonly number[];
  readonly isFloat32: boolean;
}

/** What a checkpoint puts before the name of a weight tensor. */
const MODEL_PREFIX = 'model.';

/**
 * The weights of a task's file.
 * @param start what the spec says of it
 * @returns flat, as long as the model; 0 in an adapter's places
 * @throws MurmurError bad-hash for other bytes than the spec's; bad-input naming the tensor that does not fit
 */
export async function readStart(use: ModelUse, start: StartSpec, bytes: Bytes): Promise<Float32Array> {
  const actual = toHex(await sha256(bytes));
  if (bytes.length !== start.bytes || actual !== start.sha256) {
    throw new MurmurError('bad-hash', 'these are not the starting weights that the task names', {
      hint: 'Ask for the file whose SHA-256 is in the task’s description.',
      details: { expected: start.sha256, actual },
    });
  }
  return weightsOf(use, bytes);
}

/**
 * Reads a file that somebody wants a task to start from, once for all models that it is held against.
 * @throws MurmurError too-large; bad-input for what is no file of weights
 */
export async function inspectStart(bytes: Bytes): Promise<StartContents> {
  if (bytes.length > MAX_START_BYTES)
    throw new MurmurError('too-large', `a file of starting weights has at most ${MAX_START_BYTES} bytes`);
  const tensors = kindsOf(modelOf(readForeignSafetensors(bytes)));
  return { start: { sha256: toHex(await sha256(bytes)), bytes: bytes.length }, tensors };
}

/**
 * What a spec says of a file whose contents are those.
 * @throws MurmurError bad-input naming the tensor that does not fit the model
 */
export function startFor(use: ModelUse, { start, tensors }: StartContents): StartContents['start'] {
  checkFit(ownTensors(use), tensors);
  return start;
}

/** {@link inspectStart} and {@link startFor} in one, for a file that is held against one model. */
export async function describeStart(use: ModelUse, bytes: Bytes): Promise<StartContents['start']> {
  return startFor(use, await inspectStart(bytes));
}

/** The file of these weights. @param weights flat, in the order of the model's layout */
export function writeStart(use: ModelUse, weights: Float32Array): Bytes {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, offset, length } of ownTensors(use))
    tensors.set(name, { shape, values: weights.subarray(offset, offset + length) });
  return writeSafetensors({ tensors, metadata: {} });
}

/** All weight tensors of the model but those of adapters. */
function ownTensors(use: ModelUse): readonly WeightTensor[] {
  return weightLayout(use).tensors.filter(({ isAdapter }) => !isAdapter);
}

function weightsOf(use: ModelUse, bytes: Bytes): Float32Array {
  const found = modelOf(readForeignSafetensors(bytes));
  const wanted = ownTensors(use);
  checkFit(wanted, kindsOf(found));
  const weights = new Float32Array(weightLayout(use).length);
  for (const { name, offset } of wanted) weights.set(found.get(name)?.values ?? [], offset);
  return weights;
}

function kindsOf(tensors: ReadonlyMap<string, Tensor>): StartContents['tensors'] {
  const kinds = [...tensors].map(
    ([name, { shape, values }]) => [name, { shape, isFloat32: values instanceof Float32Array }] as const,
  );
  return new Map(kinds);
}

function checkFit(wanted: readonly WeightTensor[], found: StartContents['tensors']): void {
  for (const { name, shape } of wanted) {
    const tensor = found.get(name);
    if (tensor === undefined) throw misfit(name, `the file has no tensor ${name}, which the model needs`);
    if (!tensor.isFloat32) throw misfit(name, `${name} is not of type F32`);
    if (tensor.shape.join() !== shape.join())
      throw misfit(name, `${name} is ${tensor.shape.join(' x ')}, the model needs ${shape.join(' x ')}`);
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of found.keys()) if (!names.has(name)) throw misfit(name, `the model has no tensor ${name}`);
}

/** The model's tensors of either kind of file. */
function modelOf({ tensors, metadata }: TensorFile): ReadonlyMap<string, Tensor> {
  if (metadata['format'] !== CHECKPOINT_FORMAT) return tensors;
  const model = [...tensors].filter(([name]) => name.startsWith(MODEL_PREFIX));
  return new Map(model.map(([name, tensor]) => [name.slice(MODEL_PREFIX.length), tensor]));
}

function misfit(tensor: string, message: string): MurmurError {
  return new MurmurError('bad-input', `starting weights: ${message}`, {
    hint: 'Choose the weights of a model with the same layers, or give the task the layers of these weights.',
    details: { tensor },
  });
}
