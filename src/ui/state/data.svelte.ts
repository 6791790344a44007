/** The file that a person chose, as the worker read it. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { DataSource, DataView } from '../../../workers/api.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class DataState {
  view = $state.raw<DataView>();
  error = $state.raw<ErrorData>();
  reading = $state(false);
  /** path of the chosen sample; empty for a file of one's own */
  sample = $state('');
  #latest = 0;

  /** Reads a file for a task. Of two choices in a row the later one counts. */
  async read(task: string, source: DataSource): Promise<void> {
    const turn = ++this.#latest;
    this.sample = source.kind === 'sample' ? source.path : '';
    this.view = undefined;
    this.error = undefined;
    this.reading = true;
    try {
      const view = await useParticipant((participant) => participant.readData(task, source));
      if (turn === this.#latest) this.view = view;
    } catch (error) {
      if (turn === this.#latest) this.error = toErrorData(error);
    } finally {
      if (turn === this.#latest) this.reading = false;
    }
  }
}
