/**
 * Three tasks over pictures: chest X-rays of children (PneumoniaMNIST), handwritten digits of 28 x 28 (MNIST-10k) and of 8 x 8 pixels
 * (optdigits). Sources, licences and how the files were dealt out: LICENCE.txt in each folder under public/data.
 */
import type { TaskSpec } from '../../protocol/task-spec.ts';
import type { PicturesSpec } from '../../protocol/data-spec.ts';
import { DIGITS, numberedSites, ROUND_RULES } from './shared.ts';

/** A task over pictures. */
export type PicturesTask = TaskSpec & { readonly data: PicturesSpec };

export const PNEUMONIA_SITES = numberedSites('pneumonia-mnist', 'site', '.npz', 'Clinic', 4);
/** The 624 pictures on which results are published. */
export const PNEUMONIA_TEST = '/data/pneumonia-mnist/test.npz';
export const MNIST_SITES = numberedSites('mnist-10k', 'site', '.zip', 'Site', 4);
export const OPTDIGITS_SITES = numberedSites('optdigits', 'site', '.csv.gz', 'Site', 4);

export function pneumoniaTaskSpec(overrides: Partial<PicturesTask> = {}): PicturesTask {
  return {
    version: 1,
    title: 'Pneumonia on chest X-rays',
    description:
      'Tell from a chest X-ray of a child, 28 x 28 pixels, whether there is pneumonia. The pictures come from one hospital; ' +
      'the clinics are simulated.',
    data: {
      kind: 'pictures',
      height: 28,
      width: 28,
      channels: 1,
      label: {
        name: 'pneumonia',
        description: 'Whether the X-ray shows pneumonia',
        classes: [
          { name: 'normal', marks: ['0', 'normal'] },
          { name: 'pneumonia', marks: ['1', 'pneumonia'] },
        ],
      },
    },
    heldOut: { fraction: 0.1, seed: 'pneumonia' },
    model: {
      layers: [
        // Strides in place of pools take a fifth of the time.
        { kind: 'conv2d', filters: 8, size: 5, stride: 2, padding: 'same', activation: 'relu' },
        { kind: 'conv2d', filters: 16, size: 3, stride: 2, padding: 'same', activation: 'relu' },
        { kind: 'flatten' },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    // Small batches: what counts is a clinic's own steps, and averaging over clinics takes their noise away again.
    training: {
      rounds: 15,
      epochs: 2,
      batchSize: 16,
      learningRate: 0.1,
      schedule: { kind: 'cosine', warmUp: 0, floor: 0.05 },
      optimiser: 'sgd',
      l2: 0,
    },
    server: { kind: 'fedavg', learningRate: 1 },
    ...ROUND_RULES,
    ...overrides,
  };
}

export function mnistTaskSpec(overrides: Partial<PicturesTask> = {}): PicturesTask {
  return {
    version: 1,
    title: 'Handwritten digits (MNIST-10k)',
    description:
      'Read handwritten digits of 28 x 28 pixels. These are the 10,000 pictures of the official test file, so results are not those ' +
      'of the MNIST benchmark. The sites are simulated.',
    data: {
      kind: 'pictures',
      height: 28,
      width: 28,
      channels: 1,
      label: { name: 'digit', description: 'The digit that was written', classes: DIGITS },
    },
    heldOut: { fraction: 0.2, seed: 'mnist-10k' },
    // The 2NN of McMahan et al. (AISTATS 2017).
    model: {
      layers: [
        { kind: 'flatten' },
        { kind: 'dense', units: 200, activation: 'relu' },
        { kind: 'dense', units: 200, activation: 'relu' },
        { kind: 'dense', units: 10, activation: 'linear' },
      ],
    },
    training: { rounds: 20, epochs: 5, batchSize: 10, learningRate: 0.05, optimiser: 'sgd', l2: 0 },
    server: { kind: 'fedavg', learningRate: 1 },
    ...ROUND_RULES,
    ...overrides,
  };
}

export function optdigitsTaskSpec(overrides: Partial<PicturesTask> = {}): PicturesTask {
  return {
    version: 1,
    title: 'Handwritten digits, 8 x 8',
    description: 'Read handwritten digits of 8 x 8 pixels: small enough to train in seconds. The sites are simulated.',
    data: {
      kind: 'pictures',
      height: 8,
      width: 8,
      channels: 1,
      pixelMaximum: 16,
      label: { name: 'digit', description: 'The digit that was written', classes: DIGITS },
    },
    heldOut: { fraction: 0.2, seed: 'optdigits' },
    model: {
      layers: [
        { kind: 'flatten' },
        { kind: 'dense', units: 32, activation: 'relu' },
        { kind: 'dense', units: 10, activation: 'linear' },
      ],
    },
    training: { rounds: 15, epochs: 5, batchSize: 32, learningRate: 0.1, optimiser: 'sgd', l2: 0 },
    server: { kind: 'fedavg', learningRate: 1 },
    ...ROUND_RULES,
    ...overrides,
  };
}
