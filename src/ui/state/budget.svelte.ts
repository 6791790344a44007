/** What the chosen data set has spent, and what a task would add. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { BudgetView } from '../../session/status.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class BudgetState {
  view = $state.raw<BudgetView>();
  error = $state.raw<ErrorData>();
  #asked = 0;

  /** Reads it anew; what was shown of another data set goes at once. */
  async read(task: string, dataset: string | undefined): Promise<void> {
    const asked = ++this.#asked;
    this.view = undefined;
    this.error = undefined;
    if (dataset === undefined) return;
    try {
      const view = await useParticipant((participant) => participant.budget(task, dataset));
      if (asked === this.#asked) this.view = view;
    } catch (error) {
      if (asked === this.#asked) this.error = toErrorData(error);
    }
  }
}
