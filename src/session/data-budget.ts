/**
 * One data set's budget in one task, as a participation meets it: looked at before joining, held before a masked vector leaves, spent before an
 * unmask answer leaves. Every step reads and writes the stored book in one go, so that neither a second tab nor a second task overspends.
 */
import { taskPrivacy } from '../aggregation/task-privacy.ts';
import type { Protects } from '../privacy/budget.ts';
import { isOver, stepKind } from '../protocol/phases.ts';
import type { BookStore, ChainReader } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { fewestHonest } from '../protocol/threshold.ts';
import type { TaskParameters, TaskView } from '../protocol/views.ts';
import {
  type Book,
  type BudgetView,
  budgetView,
  checkRoom,
  hold,
  isOnBook,
  letGo,
  type OwnersLimit,
  readBook,
  type RoundId,
  spend,
  type TaskCost,
  withLimit,
  withSource,
  withTask,
  writeBook,
} from './budget-book.ts';

type Step = RoundId & { readonly step: number };

/** Where a task is: the step that its next or its live round works on. */
export interface Place {
  readonly step: number;
  /** that round, while it is live: what it costs may be on the book already */
  readonly live?: RoundId | undefined;
}

export interface DataBudget {
  /** what the task's noise hides; undefined where something that it releases has none */
  readonly protects: Protects | undefined;
  /** Notes which file the rows were read from, and what their owner allows from now on. @throws MurmurError bad-input for a limit that is none */
  describe(source: string, limit?: OwnersLimit): Promise<void>;
  /** Notes that the data set is used in the task. */
  begin(): Promise<void>;
  /** What all rounds that are left would come to. */
  view(at: Place): Promise<BudgetView>;
  /**
   * To be called before joining: whether all rounds that are left fit.
   * @throws MurmurError refused, see `isOverBudget`
   */
  checkTask(at: Place): Promise<void>;
  /** To be called before a round's join. @throws MurmurError refused when its release would not fit */
  checkRound(round: Step): Promise<void>;
  /** To be called before the masked vector leaves; on disk when it resolves. @throws MurmurError refused */
  hold(round: Step): Promise<void>;
  /** To be called before the unmask answer leaves; on disk when it resolves. @throws MurmurError refused */
  spend(round: Step): Promise<void>;
  /** To be called when a round ended and its sum cannot hold these rows. */
  letGo(round: Step): Promise<void>;
}

export async function placeOf(
  chain: ChainReader,
  { task, step, round }: TaskView,
  signal?: AbortSignal,
): Promise<Place> {
  const last = round > 0 ? await chain.round(task, round, signal) : undefined;
  return { step, live: last && !isOver(last.phase) ? last : undefined };
}

/** What one release of a task costs. */
export function taskCost(
  spec: TaskSpec,
  parameters: Pick<TaskParameters, 'minCohort' | 'maxCohort' | 'corruptBps' | 'survivorFloor'>,
  { task, network }: { readonly task: string; readonly network: string },
): TaskCost {
  const privacy = taskPrivacy(spec, fewestHonest(parameters));
  const of = { task, network, title: spec.title };
  if (privacy.kind === 'none') return { ...of, mechanism: 'none', release: {} };
  const { mechanism, release, protects } = privacy;
  return { ...of, mechanism, release, protects };
}

/** Rounds from a step on that release something of the data, if each settles. */
function releasesFrom({ training }: TaskSpec, cost: TaskCost, step: number): number {
  const last = training.rounds + 1;
  if (cost.protects === undefined) return Math.max(0, last - step + 1);
  return Math.max(0, Math.min(training.rounds, last - step));
}

/** With noise only updates are released: there are no statistics and no scores. */
function isRelease({ training }: TaskSpec, cost: TaskCost, step: number): boolean {
  return cost.protects === undefined || stepKind(step, training.rounds) === 'training';
}

export interface DataBudgetParts {
  readonly store: BookStore;
  /** hash of the rows */
  readonly rows: string;
  readonly spec: TaskSpec;
  readonly cost: TaskCost;
  readonly wallet: string;
  readonly now: () => number;
}

export function openDataBudget({ store, rows, spec, cost, wallet, now }: DataBudgetParts): DataBudget {
  const change = (step: (book: Book) => Book) =>
    store.update((bytes) => {
      const book = readBook(bytes);
      const changed = step(book);
      return changed === book ? undefined : writeBook(changed);
    });
  const inRound = (step: typeof hold) => async (round: Step) => {
    if (isRelease(spec, cost, round.step))
      await change((book) => step(book, { rows, cost, round, wallet, nowMs: now() }));
  };
  const left = (book: Book, { step, live }: Place) => {
    const all = releasesFrom(spec, cost, step);
    return live !== undefined && isOnBook(book, { rows, cost, round: live }) ? Math.max(0, all - 1) : all;
  };
  const read = async () => readBook(await store.read());
  return {
    protects: cost.protects,
    describe: (source, limit) =>
      change((book) => {
        const tied = withSource(book, rows, source);
        return limit === undefined ? tied : withLimit(tied, rows, limit);
      }),
    begin: () => change((book) => withTask(book, rows, cost, now())),
    async view(at) {
      const book = await read();
      return budgetView(book, rows, cost, left(book, at));
    },
    async checkTask(at) {
      const book = await read();
      checkRoom(book, rows, cost, left(book, at));
    },
    async checkRound(round) {
      // What is held or spent already has its room.
      if (isRelease(spec, cost, round.step)) hold(await read(), { rows, cost, round, wallet, nowMs: now() });
    },
    hold: inRound(hold),
    spend: inRound(spend),
    letGo: inRound(letGo),
  };
}
