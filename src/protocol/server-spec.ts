/**
 * The server optimiser of a task: how the sites' mean update becomes the next common model. A new one is an entry here, a file in
 * src/aggregation/server and its line in the registry there.
 */
import * as v from 'valibot';
import { range } from './spec-parts.ts';

const learningRate = range(1e-6, 100);
/** Decay of a running mean. */
const decay = range(0, 0.9999);
/** Adaptivity: the least that a step is divided by. */
const tau = range(1e-12, 1);

export const ServerSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('fedavg'), learningRate }),
  v.strictObject({ kind: v.literal('fedavgm'), learningRate, momentum: decay }),
  v.strictObject({ kind: v.literal('fedadagrad'), learningRate, beta1: decay, tau }),
  v.strictObject({ kind: v.literal('fedadam'), learningRate, beta1: decay, beta2: decay, tau }),
  v.strictObject({ kind: v.literal('fedyogi'), learningRate, beta1: decay, beta2: decay, tau }),
]);

export type ServerSpec = v.InferOutput<typeof ServerSchema>;
export type ServerKind = ServerSpec['kind'];
/** The parameters of one optimiser. */
export type ServerRule<Kind extends ServerKind> = Extract<ServerSpec, { kind: Kind }>;

/** Running means that each optimiser keeps: of the updates, and of their squares as well. */
export const MOMENTS: Readonly<Record<ServerKind, 0 | 1 | 2>> = {
  fedavg: 0,
  fedavgm: 1,
  fedadagrad: 2,
  fedadam: 2,
  fedyogi: 2,
};
