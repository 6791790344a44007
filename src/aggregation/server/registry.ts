/** The server optimisers by the name that a task's spec has for them. */
import type { ServerKind, ServerRule, ServerSpec } from '../../protocol/server-spec.ts';
import { fedAdagrad } from './fedadagrad.ts';
import { fedAdam } from './fedadam.ts';
import { fedAvg } from './fedavg.ts';
import { fedAvgM } from './fedavgm.ts';
import { fedYogi } from './fedyogi.ts';
import type { Learned } from './step.ts';

type ServerStep<Rule> = (base: Learned, delta: Float64Array, rule: Rule) => Learned;

const STEPS: { readonly [Kind in ServerKind]: ServerStep<ServerRule<Kind>> } = {
  fedavg: fedAvg,
  fedavgm: fedAvgM,
  fedadagrad: fedAdagrad,
  fedadam: fedAdam,
  fedyogi: fedYogi,
};

/**
 * One step of the task's optimiser.
 * @param delta weighted mean update, one entry a weight
 */
export function serverStep(base: Learned, delta: Float64Array, rule: ServerSpec): Learned {
  // The table pairs each name with the step that takes its rule; TypeScript cannot follow the pairing through the lookup.
  return (STEPS[rule.kind] as ServerStep<ServerSpec>)(base, delta, rule);
}
