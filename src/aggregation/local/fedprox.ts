/**
 * FedProx: Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, "Federated Optimization in Heterogeneous Networks", MLSys 2020, algorithm 2:
 * a site minimises F_k(w) + μ/2 ‖w − w_t‖², so every local step goes along ∇F_k(w) + μ (w − w_t), where w_t is the model received.
 * The sum and the server step are those of FedAvg, so nothing else is sent. μ = 0 would be FedAvg.
 *
 * A local step is stable only while (learning rate) · μ < 2; the trainer is not stopped from more, its loss tells.
 */
import type { AlgorithmSpec } from '../../protocol/training-spec.ts';

/** What it adds to a site's training job. */
export function fedProxJob(algorithm: AlgorithmSpec | undefined): { readonly proximal?: number } {
  return algorithm?.kind === 'fedprox' ? { proximal: algorithm.mu } : {};
}
