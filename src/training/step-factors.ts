/**
 * What every step of a job does beside its gradient: weight decay, FedProx's pull towards the received weights (Li et al. 2020), SCAFFOLD's
 * correction (Karimireddy et al. 2020), and the clipping of a batch's gradient. They do not change within a job, so they are made once.
 */
import { type Scalar, type Tensor, scalar, tensor } from '@tensorflow/tfjs-core';
import type { WeightTensor } from '../model/spec.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { type Network, type StepFactors, disposeTensors, trainedOf } from './network.ts';

/** What stays the same from step to step; the scale of the gradient changes with the batch. */
export type JobFactors = Pick<StepFactors, 'decay' | 'shift' | 'clip'>;

/**
 * The tensors are the caller's: {@link disposeFactors} when the job is over. The proximal term holds what all sites share: there is no
 * common model that private weights could stay near.
 */
export function createFactors(network: Network, job: TrainerJob): JobFactors {
  const { l2, learningRate, proximal = 0, correction, clip } = job;
  const trained = trainedOf(network, network.tensors);
  const hold = ({ part }: WeightTensor): number => (part === 'shared' ? proximal : 0);
  const factors = new Map<number, Scalar>();
  const factorOf = (each: WeightTensor): Scalar | undefined => {
    const isKernel = each.role === 'kernel' || each.role === 'zero-kernel';
    const pull = (isKernel ? 2 * l2 : 0) + hold(each);
    if (pull > 0 && !factors.has(pull)) factors.set(pull, scalar(1 - learningRate * pull));
    return factors.get(pull);
  };
  const shiftOf = (each: WeightTensor): Tensor => {
    const { offset, length, shape } = each;
    const towards = (weight: number, i: number): number =>
      learningRate * (hold(each) * weight - (correction === undefined ? 0 : (correction[offset + i] as number)));
    return tensor(job.weights.slice(offset, offset + length).map(towards), [...shape], 'float32');
  };
  return {
    decay: l2 > 0 || proximal > 0 ? trained.map(factorOf) : undefined,
    shift: proximal > 0 || correction !== undefined ? trained.map(shiftOf) : undefined,
    clip: clip === undefined ? undefined : learningRate * clip,
  };
}

export function disposeFactors({ decay = [], shift = [] }: JobFactors): void {
  // Weights that decay alike share a factor.
  for (const factor of new Set(decay)) factor?.dispose();
  disposeTensors(shift);
}
