/**
 * Two tasks over 5,171 text messages (public/data/sms-spam/LICENCE.txt): which are spam, and a language model over characters that writes
 * messages of the same kind.
 */
import { type TextsSpec } from '../../protocol/data-spec.ts';
import { characterCodes } from '../../protocol/target.ts';
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { numberedSites, ROUND_RULES } from './shared.ts';

/** A task over texts. */
export type TextsTask = TaskSpec & { readonly data: TextsSpec };

export const SMS_SITES = numberedSites('sms-spam', 'phone', '.txt.gz', 'Phone', 4);

/** What messages are written with, most of it; the last one stands for every other character. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789 .,?!\'"&;:-)(/£$@*#+=%_<>|ü□';

export function smsTaskSpec(overrides: Partial<TextsTask> = {}): TextsTask {
  const data: TextsSpec = {
    kind: 'texts',
    alphabet: ALPHABET,
    lowerCase: true,
    // A message of one piece has 160 characters.
    length: 160,
    delimiter: '\t',
    learn: {
      kind: 'class',
      label: {
        name: 'spam',
        description: 'Whether the message is unwanted advertising or fraud',
        classes: [
          { name: 'ham', marks: ['ham'] },
          { name: 'spam', marks: ['spam'] },
        ],
      },
    },
  };
  return {
    version: 1,
    title: 'Spam among text messages',
    description:
      'Tell spam from other text messages, character by character. Every phone learns from its own messages; the phones are simulated.',
    data,
    heldOut: { fraction: 0.2, seed: 'sms-spam' },
    // Letter groups that give spam away, wherever they stand (Zhang, Zhao and LeCun, NeurIPS 2015, made small).
    model: {
      layers: [
        { kind: 'embedding', codes: characterCodes(data), units: 8 },
        { kind: 'conv1d', filters: 32, size: 5, stride: 1, padding: 'same', activation: 'relu' },
        { kind: 'max-over' },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    training: { rounds: 14, epochs: 1, batchSize: 32, learningRate: 0.3, optimiser: 'sgd', l2: 0 },
    // The table of characters begins small, so plain averages hardly move it for many rounds; Adam divides by what is usual.
    server: { kind: 'fedadam', learningRate: 0.05, beta1: 0.5, beta2: 0.9, tau: 0.001 },
    ...ROUND_RULES,
    ...overrides,
  };
}

export function smsWriterTaskSpec(overrides: Partial<TextsTask> = {}): TextsTask {
  const data: TextsSpec = {
    kind: 'texts',
    alphabet: ALPHABET,
    lowerCase: true,
    length: 64,
    delimiter: '\t',
    // The message is behind the class.
    learn: { kind: 'next', position: 1 },
  };
  return {
    version: 1,
    title: 'A writer of text messages',
    description:
      'A small language model that learns which character follows, and so writes messages like those that people send.',
    data,
    heldOut: { fraction: 0.1, seed: 'sms-writer' },
    model: {
      layers: [
        { kind: 'embedding', codes: characterCodes(data), units: 48 },
        { kind: 'transformer', heads: 4, causal: true },
        { kind: 'transformer', heads: 4, causal: true },
        { kind: 'dense', units: characterCodes(data), activation: 'linear' },
      ],
    },
    training: { rounds: 30, epochs: 1, batchSize: 32, learningRate: 0.1, optimiser: 'sgd', l2: 0 },
    server: { kind: 'fedadam', learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.001 },
    ...ROUND_RULES,
    ...overrides,
  };
}
