/** The list of tasks: its newest page is read again and again, older pages when they are asked for; what a person looks for in it. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { TaskSummary } from '../../../workers/api/tasks.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { Polled } from './polled.svelte.ts';
import { FILTERS, foundTasks, joinedPages } from './task-view.ts';

const PAGE = 20;

export class TaskList {
  readonly newest = new Polled((signal) => useParticipant((participant) => participant.tasks(PAGE, undefined, signal)));
  query = $state('');
  /** one of {@link FILTERS} */
  filter = $state<string>('all');
  olderBusy = $state(false);
  olderError = $state.raw<ErrorData>();
  #older = $state.raw<readonly TaskSummary[]>([]);
  /** the place where the next older page begins, once one was read */
  #next = $state.raw<{ readonly before: string | undefined }>();

  readonly tasks = $derived(joinedPages(this.newest.value?.tasks ?? [], this.#older));
  readonly openTask = $derived(this.newest.value?.network.openTask ?? '');
  readonly found = $derived(
    foundTasks(this.tasks, {
      query: this.query,
      filter: FILTERS.find((filter) => filter === this.filter) ?? 'all',
      openTask: this.openTask,
    }),
  );
  /** to ask before for the next older page; undefined when all are here */
  readonly before = $derived(this.#next === undefined ? this.newest.value?.next : this.#next.before);
  /** the number that a person typed, when no task here has it */
  readonly otherNumber = $derived.by(() => {
    const number = this.query.trim();
    return /^[1-9][0-9]{0,17}$/.test(number) && this.tasks.every(({ task }) => task !== number) ? number : undefined;
  });

  showAll(): void {
    this.query = '';
    this.filter = 'all';
  }

  async loadOlder(): Promise<void> {
    const before = this.before;
    if (before === undefined || this.olderBusy) return;
    this.olderBusy = true;
    this.olderError = undefined;
    try {
      const page = await useParticipant((participant) => participant.tasks(PAGE, before));
      // With those of now: new tasks push them out of the newest page.
      this.#older = joinedPages(page.tasks, this.tasks);
      this.#next = { before: page.next };
    } catch (error) {
      this.olderError = toErrorData(error);
    } finally {
      this.olderBusy = false;
    }
  }
}
