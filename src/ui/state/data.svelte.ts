/** The file that a person chose for a task, as the worker read it. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { DataSource } from '../../../workers/api/data.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import type { FileReport } from '../../dataset/file-report.ts';
import type { ReadingPlan } from '../../dataset/reading-plan.ts';

export class DataState {
  /** id of the data set that is ready to train */
  dataset = $state<string>();
  report = $state.raw<FileReport>();
  error = $state.raw<ErrorData>();
  reading = $state(false);
  #latest = 0;

  /** Reads a file for a task. Of two choices in a row the later one counts. */
  async read(task: string, source: DataSource, plan?: ReadingPlan): Promise<void> {
    const turn = ++this.#latest;
    this.dataset = undefined;
    this.error = undefined;
    this.reading = true;
    try {
      const { report, dataset } = await useParticipant((participant) =>
        participant.readData(task, source, plan, undefined),
      );
      if (turn !== this.#latest) return;
      this.report = report;
      this.dataset = dataset;
    } catch (error) {
      if (turn === this.#latest) this.error = toErrorData(error);
    } finally {
      if (turn === this.#latest) this.reading = false;
    }
  }
}
