/**
 * A model's logits and its loss on rows of its caller, by blocks that a device has room for. Reads are asynchronous; no tensor outlives a
 * call.
 */
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { planModel, sizeOf } from '../protocol/model-shapes.ts';
import { type Backend, useBackend } from './backends.ts';
import { type Labels, countTargets, meanLoss } from './losses.ts';
import { type Network, forward } from './network.ts';

/** Most rows, and about the most numbers, of one forward pass when rows are scored. */
const SCORING_ROWS = 4096;
const SCORING_NUMBERS = 2 ** 23;

/** Rows of one forward pass when rows are scored. */
export function scoringRows(network: Network): number {
  const numbers = planModel(network.use).layers.reduce((sum, { output }) => sum + sizeOf(output), network.inputWidth);
  return Math.max(1, Math.min(SCORING_ROWS, Math.floor(SCORING_NUMBERS / numbers)));
}

/** Logits of some rows, in blocks; `visit` gets the place of a block's first row in `order`. */
export async function scoreRows(
  network: Network,
  weights: readonly Tensor[],
  { features, order, backend }: { features: Float32Array; order: Uint32Array; backend: Backend },
  visit: (logits: Float32Array, start: number) => void,
): Promise<void> {
  const size = scoringRows(network);
  const { inputWidth, input } = network;
  for (let start = 0; start < order.length; start += size) {
    const block = order.subarray(start, start + size);
    const values = new Float32Array(block.length * inputWidth);
    for (const [i, row] of block.entries())
      values.set(features.subarray(row * inputWidth, (row + 1) * inputWidth), i * inputWidth);
    useBackend(backend);
    const logits = tidy(() => forward(network, weights, tensor(values, [block.length, ...input], 'float32')).logits);
    visit(await readAndDispose(logits), start);
  }
}

/** Mean loss of weights on some rows, without l2. */
export async function lossOn(
  network: Network,
  weights: readonly Tensor[],
  { features, labels }: { readonly features: Float32Array; readonly labels: Labels },
  order: Uint32Array,
  backend: Backend,
): Promise<number> {
  const { labelWidth, target } = network;
  let total = 0;
  let count = 0;
  await scoreRows(network, weights, { features, order, backend }, (logits, start) => {
    const own = new Float32Array((logits.length / network.outputWidth) * labelWidth);
    for (let i = 0; i < own.length; i++) {
      const row = order[start + Math.floor(i / labelWidth)] as number;
      own[i] = labels[row * labelWidth + (i % labelWidth)] as number;
    }
    const counted = countTargets(target, own);
    if (counted === 0) return;
    total += meanLoss(target, logits, own) * counted;
    count += counted;
  });
  return count === 0 ? 0 : total / count;
}

export async function readAndDispose(tensorToRead: Tensor): Promise<Float32Array> {
  try {
    return await tensorToRead.data<'float32'>();
  } finally {
    tensorToRead.dispose();
  }
}
