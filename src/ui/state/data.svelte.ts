/** The file that a person chose for a task, as the worker read it. A reading that fails takes nothing of the one before away. */
import { proxy } from 'comlink';
import { useParticipant } from '../../../workers/bridge.ts';
import type { DatasetView, DataSource, ReadingOrder } from '../../../workers/api/data.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import type { ExamplesReport } from '../../dataset/example-report.ts';
import type { ExamplesPlan, ExamplesRepair } from '../../dataset/examples-plan.ts';
import type { FileReport } from '../../dataset/file-report.ts';
import type { ReadingPlan, Repair } from '../../dataset/reading-plan.ts';
import { exampleWords } from '../words/examples.ts';

/** One reading that can be asked for again. */
interface Asked {
  readonly source: DataSource;
  readonly order: ReadingOrder;
}

const MAX_CHANGES = 100;

export class DataState {
  /** id of the data set that is ready to train */
  dataset = $state<string>();
  /** of a table */
  report = $state.raw<FileReport>();
  /** of pictures, texts or series */
  examples = $state.raw<ExamplesReport>();
  /** of a data set that was chosen from the library instead of a file */
  chosen = $state.raw<DatasetView>();
  error = $state.raw<ErrorData>();
  reading = $state(false);
  /** what is being read */
  readingName = $state('');
  progress = $state.raw<{ readonly read: number; readonly total: number }>();
  stored = $state.raw<readonly DatasetView[]>([]);
  storedError = $state.raw<ErrorData>();
  /** how many changes of the plan can be taken back */
  changes = $state(0);

  #task: string | undefined;
  #source: DataSource | undefined;
  #asked: Asked | undefined;
  #plans: (ReadingPlan | ExamplesPlan)[] = [];
  #controller: AbortController | undefined;

  /** Begins anew when another task is shown: its columns are others. Reads what the library holds for it. */
  show(task: string): void {
    if (this.#task !== task) {
      this.#controller?.abort();
      this.#task = task;
      this.#source = undefined;
      this.#asked = undefined;
      this.#plans = [];
      this.changes = 0;
      this.dataset = undefined;
      this.report = undefined;
      this.examples = undefined;
      this.chosen = undefined;
      this.error = undefined;
      this.stored = [];
    }
    void this.loadStored();
  }

  /** Reads a file. Of two choices in a row the later one counts. */
  read(source: DataSource): Promise<void> {
    return this.#run({ source, order: {} }, () => {
      this.#plans = [];
    });
  }

  /** Reads the file again with changes of the plan, and with those that it is being read with: that reading makes way for this one. */
  async mend(repairs: readonly Repair[]): Promise<void> {
    const plan = this.report?.plan;
    if (this.#source === undefined || plan === undefined) return;
    const { order } = this.#asked ?? {};
    const unread = this.reading && order?.plan === plan ? (order.repairs ?? []) : [];
    await this.#run({ source: this.#source, order: { plan, repairs: [...unread, ...repairs] } }, () => {
      this.#plans = [...this.#plans, plan].slice(-MAX_CHANGES);
    });
  }

  /** As {@link mend}, for pictures, texts and series. */
  async mendExamples(repairs: readonly ExamplesRepair[]): Promise<void> {
    const plan = this.examples?.plan;
    if (this.#source === undefined || plan === undefined) return;
    const { order } = this.#asked ?? {};
    const unread = this.reading && order?.examples?.plan === plan ? order.examples.repairs : [];
    const examples = { plan, repairs: [...unread, ...repairs] };
    await this.#run({ source: this.#source, order: { examples } }, () => {
      this.#plans = [...this.#plans, plan].slice(-MAX_CHANGES);
    });
  }

  /** Reads the file as before the last change. */
  async undo(): Promise<void> {
    const plan = this.#plans.at(-1);
    if (this.#source === undefined || plan === undefined) return;
    const order = 'encoding' in plan ? { plan } : { examples: { plan, repairs: [] } };
    await this.#run({ source: this.#source, order }, () => {
      this.#plans = this.#plans.slice(0, -1);
    });
  }

  /** Tries the reading that failed once more. */
  async retry(): Promise<void> {
    if (this.#asked === undefined) return;
    const { source, order } = this.#asked;
    const before = this.report?.plan ?? this.examples?.plan;
    const changes = order.repairs ?? order.examples?.repairs;
    await this.#run({ source, order }, () => {
      if (changes === undefined || before === undefined) this.#plans = [];
      else this.#plans = [...this.#plans, before].slice(-MAX_CHANGES);
    });
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Takes rows that were read before. */
  choose(view: DatasetView): void {
    this.#controller?.abort();
    this.#source = undefined;
    this.#plans = [];
    this.changes = 0;
    this.report = undefined;
    this.examples = undefined;
    this.error = undefined;
    this.chosen = view;
    this.dataset = view.id;
  }

  async loadStored(): Promise<void> {
    const task = this.#task;
    if (task === undefined) return;
    try {
      const stored = await useParticipant((participant) => participant.datasetsFor(task));
      if (task !== this.#task) return;
      this.stored = stored;
      this.storedError = undefined;
    } catch (error) {
      if (task === this.#task) this.storedError = toErrorData(error);
    }
  }

  /** @param keep what the success of the reading changes beside the report */
  async #run(asked: Asked, keep: () => void): Promise<void> {
    const task = this.#task;
    if (task === undefined) return;
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    const { signal } = controller;
    // What an earlier reading of this very file stored is not wanted any more once this one has ended.
    const replaces = asked.source === this.#source && this.chosen === undefined ? this.dataset : undefined;
    const order: ReadingOrder = { ...asked.order, ...(replaces !== undefined && { replaces }) };
    this.#asked = asked;
    this.error = undefined;
    this.reading = true;
    this.readingName = nameOf(asked.source);
    this.progress = undefined;
    try {
      const hear = proxy((read: number, total: number) => {
        if (!signal.aborted) this.progress = { read, total };
      });
      const { report, dataset } = await useParticipant((participant) =>
        participant.readData(task, asked.source, order, hear, signal),
      );
      if (signal.aborted) return;
      keep();
      this.#source = asked.source;
      this.changes = this.#plans.length;
      this.report = report.kind === 'table' ? report : undefined;
      this.examples = report.kind === 'table' ? undefined : report;
      this.chosen = undefined;
      this.dataset = dataset;
      void this.loadStored();
    } catch (error) {
      if (!signal.aborted) this.error = toErrorData(error);
    } finally {
      if (this.#controller === controller) this.reading = false;
    }
  }
}

function nameOf(source: DataSource): string {
  if (source.kind === 'file') return source.file.name;
  if (source.kind === 'files') return exampleWords.files(source.files.length);
  return source.kind === 'sample' ? source.path.slice(source.path.lastIndexOf('/') + 1) : '';
}
