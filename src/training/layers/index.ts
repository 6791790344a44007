/** The layer of each kind. */
import type { LayerPlan } from '../../protocol/model-shapes.ts';
import type { LayerSpec } from '../../protocol/model-spec.ts';
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { gru } from './gru.ts';
import type { PlanOf, TrainingLayer } from './layer.ts';
import { maxOver } from './max-over.ts';
import { maxPool } from './max-pool.ts';
import { meanPool } from './mean-pool.ts';
import { groupNorm } from './norm.ts';
import { residual } from './residual.ts';
import { transformer } from './transformer.ts';

const LAYERS: { readonly [Kind in LayerSpec['kind']]: (plan: PlanOf<Kind>) => TrainingLayer } = {
  dense,
  conv1d,
  conv2d,
  'max-over': maxOver,
  'max-pool': maxPool,
  'mean-pool': meanPool,
  flatten,
  'group-norm': groupNorm,
  residual,
  embedding,
  gru,
  transformer,
};

export function createLayer(plan: LayerPlan): TrainingLayer {
  // One function a kind, chosen by the layer's own kind: the pair fits, which the type of a union cannot say.
  const create = LAYERS[plan.layer.kind] as (plan: LayerPlan) => TrainingLayer;
  return create(plan);
}
