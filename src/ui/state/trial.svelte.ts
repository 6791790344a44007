/** What a training round would ask of this machine: tried out once for a task and a data set. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { TrialView } from '../../../workers/api/workbench.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class Trial {
  result = $state.raw<TrialView>();
  error = $state.raw<ErrorData>();
  running = $state(false);
  #controller: AbortController | undefined;

  /** @returns the way to stop, for a Svelte effect */
  try(task: string, dataset: string): () => void {
    const controller = (this.#controller = new AbortController());
    const { signal } = controller;
    this.running = true;
    this.error = undefined;
    this.result = undefined;
    useParticipant((participant) => participant.trial(task, dataset, signal))
      .then(
        (result) => {
          if (!signal.aborted) this.result = result;
        },
        (error: unknown) => {
          if (!signal.aborted) this.error = toErrorData(error);
        },
      )
      .finally(() => {
        if (this.#controller === controller) this.running = false;
      });
    return () => controller.abort();
  }
}
