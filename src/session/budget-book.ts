/**
 * The book of what was spent of the data sets of one browser or machine: which rounds of which tasks hold which rows, what a release of
 * each task costs, and what the owner allows. Pure: a function from one book to the next, so that a store can make each change in one step
 * (BookStore) and two tabs cannot spend the same remainder twice.
 *
 * Whose budget it is: rows are known by a hash of what is in them, never by a name or a wallet. A file that is read twice, for other
 * columns or with other repairs, gives other rows; the hash of the file ties them together, and all that is tied shares one budget
 * (docs/adr/0019-the-budget-belongs-to-the-rows.md has what this cannot know).
 *
 * A round passes through two states. It is held from before the site's masked vector leaves, as the others can uncover the sum from then
 * on without this site; it is spent from before this site's unmask answer leaves. Both count. What is spent stays; a round that is only held
 * is let go when the chain shows that its sum cannot hold these rows.
 */
import { type Bytes, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import {
  type BudgetCost,
  type BudgetEntry,
  budgetSpent,
  checkBudget,
  isSameCost,
  type Protects,
} from '../privacy/budget.ts';
import { checkDelta } from '../privacy/conversion.ts';

/** A round of a task. A local network that begins anew counts its rounds from 1 again; when its joining ended tells them apart. */
export interface RoundId {
  readonly round: number;
  /** Unix seconds */
  readonly joinEndsAt: number;
}

export interface RoundOnBook extends RoundId {
  /** the site of this browser or machine that the round counts; 0x-hex, lower case */
  readonly wallet: string;
  readonly spent: boolean;
}

/** A task that rows are used in, and what one of its releases costs. */
export interface TaskCost extends BudgetCost {
  /** what the task's noise hides; absent where something that it releases has none */
  readonly protects?: Protects;
  readonly title: string;
}

export interface TaskOnBook extends TaskCost {
  /** hash of the rows, 0x-hex */
  readonly rows: string;
  /** since when they are used in the task, milliseconds since the epoch */
  readonly sinceMs: number;
  readonly rounds: readonly RoundOnBook[];
}

/** What an owner allows to be spent of a data set in all, by whatever noise hides. */
export interface OwnersLimit {
  readonly epsilon: number;
  readonly delta: number;
}

export interface Book {
  readonly tasks: readonly TaskOnBook[];
  /** which file rows were read from; both are hashes */
  readonly sources: readonly { readonly rows: string; readonly source: string }[];
  readonly limits: readonly ({ readonly rows: string } & OwnersLimit)[];
}

export const EMPTY_BOOK: Book = { tasks: [], sources: [], limits: [] };

/**
 * Of data sets whose owner has chosen none: the largest epsilon that is still called reasonable (Ponomareva et al., "How to DP-fy ML",
 * JAIR 77, 2023, tier 2), at a delta that suits up to some tens of thousands of rows.
 */
export const DEFAULT_LIMIT: OwnersLimit = { epsilon: 10, delta: 1e-5 };

/** Largest limit that can be set; beyond it epsilon says nothing. */
export const MOST_EPSILON = 1000;

/** All rows that share a budget with these: read from the same file, or from one that is tied to it, and so on. */
export function sameData({ sources }: Book, rows: string): ReadonlySet<string> {
  const family = new Set([rows]);
  const files = new Set<string>();
  for (let before = -1; before !== family.size + files.size;) {
    before = family.size + files.size;
    for (const tie of sources) {
      if (family.has(tie.rows)) files.add(tie.source);
      if (files.has(tie.source)) family.add(tie.rows);
    }
  }
  return family;
}

/** Every task that these rows, or others of the same data, were used in. */
export function tasksOf(book: Book, rows: string): readonly TaskOnBook[] {
  const family = sameData(book, rows);
  return book.tasks.filter((task) => family.has(task.rows));
}

/** The owner's limit; the smallest where data sets with limits of their own turned out to be of one file. */
export function limitOf(book: Book, rows: string): OwnersLimit {
  const family = sameData(book, rows);
  const [smallest = DEFAULT_LIMIT] = book.limits
    .filter((limit) => family.has(limit.rows))
    .toSorted((a, b) => a.epsilon - b.epsilon);
  return { epsilon: smallest.epsilon, delta: smallest.delta };
}

/** @throws MurmurError bad-input for a limit that means nothing */
export function withLimit(book: Book, rows: string, { epsilon, delta }: OwnersLimit): Book {
  if (!(epsilon >= 0 && epsilon <= MOST_EPSILON)) {
    throw new MurmurError('bad-input', `a limit is an epsilon from 0 to ${MOST_EPSILON}, not ${epsilon}`);
  }
  checkDelta(delta);
  const family = sameData(book, rows);
  const others = book.limits.filter((limit) => !family.has(limit.rows));
  return { ...book, limits: [...others, ...[...family].map((one) => ({ rows: one, epsilon, delta }))] };
}

/** Notes which file rows were read from. */
export function withSource(book: Book, rows: string, source: string): Book {
  const known = book.sources.some((tie) => tie.rows === rows && tie.source === source);
  return known ? book : { ...book, sources: [...book.sources, { rows, source }] };
}

/** Notes that rows are used in a task, before anything is released. */
export function withTask(book: Book, rows: string, cost: TaskCost, sinceMs: number): Book {
  const known = book.tasks.some((task) => task.rows === rows && isSameCost(task, cost));
  return known ? book : { ...book, tasks: [...book.tasks, { ...cost, rows, sinceMs, rounds: [] }] };
}

/** What so many releases more would come to. */
export interface BudgetView {
  /** what the figures are about */
  readonly protects: Protects;
  /** epsilon at the limit's delta of what was released with noise: before, and after the releases asked about */
  readonly spent: number;
  readonly after: number;
  /** whether anything was released without noise that hides it, and whether anything will have been: then nothing bounds the whole */
  readonly openBefore: boolean;
  readonly openAfter: boolean;
  readonly limit: OwnersLimit;
}

/** @param releases to come, of that cost */
export function budgetView(book: Book, rows: string, cost: TaskCost, releases: number): BudgetView {
  const entries = entriesOf(book, rows);
  const limit = limitOf(book, rows);
  const protects = cost.protects ?? shownFor(tasksOf(book, rows));
  const about = { protects, delta: limit.delta };
  const before = budgetSpent(entries, about);
  const after = budgetSpent([...entries, { ...cost, releases }], about);
  return {
    protects,
    spent: before.epsilon,
    after: after.epsilon,
    openBefore: before.open,
    openAfter: after.open,
    limit,
  };
}

/** What is spent of rows, whatever is next. */
export function spentOf(book: Book, rows: string): Pick<BudgetView, 'protects' | 'spent' | 'openBefore' | 'limit'> {
  const limit = limitOf(book, rows);
  const protects = shownFor(tasksOf(book, rows));
  const { epsilon, open } = budgetSpent(entriesOf(book, rows), { protects, delta: limit.delta });
  return { protects, spent: epsilon, openBefore: open, limit };
}

/** What one task has cost by itself at a delta; undefined where nothing bounds it. */
export function costOf({ protects, ...task }: TaskOnBook, delta: number): number | undefined {
  return protects === undefined ? undefined : budgetSpent([entryOf(task)], { protects, delta }).epsilon;
}

/**
 * Whether the limit leaves room for so many releases. A task without noise has no figure to hold against a limit: its owner is asked for
 * consent instead, before joining.
 * @throws MurmurError refused, see `isOverBudget`
 */
export function checkRoom(book: Book, rows: string, cost: TaskCost, releases: number): void {
  const { protects } = cost;
  if (protects === undefined || releases === 0) return;
  checkBudget(entriesOf(book, rows), cost, releases, { protects, ...limitOf(book, rows) });
}

/** A round of a task in which rows are to be released. */
export interface Release {
  readonly rows: string;
  readonly cost: TaskCost;
  readonly round: RoundId;
  /** 0x-hex */
  readonly wallet: string;
  readonly nowMs: number;
}

/**
 * Puts a round on the book; the same one twice counts once.
 * @throws MurmurError refused when the limit leaves no room, or when another wallet has put the same rows into the same sum: noise that hides
 * one vector of a site does not hide two
 */
export function hold(book: Book, release: Release): Book {
  const { rows, cost, round, nowMs } = release;
  const wallet = release.wallet.toLowerCase();
  const inRound = roundsOf(book, rows, cost).filter((known) => isRound(known, round));
  if (inRound.some((known) => known.wallet === wallet)) return book;
  if (inRound.length > 0) {
    // Without noise the sum tells what it tells, and it is on the book.
    if (cost.protects === undefined) return book;
    throw new MurmurError(
      'refused',
      'another wallet has put the same rows into this round; noise for one does not hide both',
      {
        hint: 'Take part with one wallet a data set.',
      },
    );
  }
  checkRoom(book, rows, cost, 1);
  const entered = withTask(book, rows, cost, nowMs);
  return changeRounds(entered, release, (rounds) => [...rounds, { ...idOf(round), wallet, spent: false }]);
}

/** Whether a round holds these rows, or others of the same data, and counts. */
export function isOnBook(book: Book, { rows, cost, round }: Pick<Release, 'rows' | 'cost' | 'round'>): boolean {
  return roundsOf(book, rows, cost).some((known) => isRound(known, round));
}

function roundsOf(book: Book, rows: string, cost: TaskCost): readonly RoundOnBook[] {
  return tasksOf(book, rows).flatMap((task) => (isSameCost(task, cost) ? task.rounds : []));
}

/** Marks a round as spent; on the book it is already, or it is put there. @throws MurmurError refused as {@link hold} does */
export function spend(book: Book, release: Release): Book {
  return changeRounds(hold(book, release), release, (rounds) =>
    rounds.map((known) => (isRound(known, release.round) ? { ...known, spent: true } : known)),
  );
}

/** Takes a round off the book whose sum cannot hold these rows, unless it is spent. */
export function letGo(book: Book, release: Release): Book {
  const wallet = release.wallet.toLowerCase();
  return changeRounds(book, release, (rounds) =>
    rounds.filter((known) => known.spent || known.wallet !== wallet || !isRound(known, release.round)),
  );
}

function changeRounds(
  book: Book,
  { rows, cost }: Pick<Release, 'rows' | 'cost'>,
  change: (rounds: readonly RoundOnBook[]) => readonly RoundOnBook[],
): Book {
  const tasks = book.tasks.map((task) =>
    task.rows === rows && isSameCost(task, cost) ? { ...task, rounds: change(task.rounds) } : task,
  );
  return { ...book, tasks };
}

function entriesOf(book: Book, rows: string): readonly BudgetEntry[] {
  return tasksOf(book, rows).map(entryOf);
}

function entryOf({ task, network, mechanism, release, rounds }: Omit<TaskOnBook, 'protects'>): BudgetEntry {
  return { task, network, mechanism, release, releases: rounds.length };
}

/** What a figure over several tasks is about: what the first one with noise hides. */
function shownFor(tasks: readonly TaskOnBook[]): Protects {
  return tasks.find(({ protects }) => protects !== undefined)?.protects ?? 'records';
}

function isRound(a: RoundId, b: RoundId): boolean {
  return a.round === b.round && a.joinEndsAt === b.joinEndsAt;
}

function idOf({ round, joinEndsAt }: RoundId): RoundId {
  return { round, joinEndsAt };
}

const VERSION = 1;

/** A curve may be infinite at some orders, for which JSON has no number. */
export function writeBook(book: Book): Bytes {
  const text = JSON.stringify({ version: VERSION, ...book }, (_, value: unknown) =>
    value === Infinity ? 'infinite' : value,
  );
  return utf8(text);
}

/**
 * @param bytes undefined: nothing was ever spent
 * @throws MurmurError bad-hash for what is no book; it is never taken for an empty one
 */
export function readBook(bytes: Bytes | undefined): Book {
  if (bytes === undefined) return EMPTY_BOOK;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { version, ...book } = JSON.parse(text, (_, value: unknown) =>
      value === 'infinite' ? Infinity : value,
    ) as Book & {
      version: number;
    };
    if (version === VERSION && [book.tasks, book.sources, book.limits].every(Array.isArray)) return book;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new MurmurError('bad-hash', 'what is noted of the privacy that was spent cannot be read', {
    hint: 'Bring the file back from a backup. Without it nobody knows what these data have given away.',
  });
}
