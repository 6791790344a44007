/** The task that a person is creating: what they entered, what follows or is wrong, and its way onto the chain. Survives a reload. */
import { SvelteSet } from 'svelte/reactivity';
import type { TaskDraft, TaskPlan, TaskWish } from '../../../workers/api/create.ts';
import type { DataSource } from '../../../workers/api/data.ts';
import type { NetworkInfo } from '../../../workers/api/network.ts';
import { useParticipant } from '../../../workers/bridge.ts';
import { toHex } from '../../core/bytes.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { secureRandom } from '../../core/random.ts';
import type { ExamplesReport } from '../../dataset/example-report.ts';
import type { InferredData } from '../../dataset/infer-data.ts';
import type { DataKind } from '../../protocol/data-spec.ts';
import { beaconPhaseSeconds, longestRoundSeconds } from '../../protocol/task-parameters.ts';
import { featureWidth } from '../../protocol/target.ts';
import { checkForm, fieldOf } from './create-check.ts';
import type { FieldId, Problem } from './create-entries.ts';
import { type CreateForm, startForm } from './create-form.ts';
import { startOf, startProblem } from './create-parts.ts';
import { forgetDraft, keepDraft, readDraft } from './create-store.ts';
import type { IdentityState } from './identity.svelte.ts';

export class CreateState {
  form = $state<CreateForm>();
  /** what was found in the sample that was read since the page was loaded: its first cells are shown and never kept */
  sample = $state.raw<InferredData>();
  reading = $state(false);
  readError = $state.raw<ErrorData>();
  /** the sample as the sites would read it, once that was asked for */
  report = $state.raw<ExamplesReport>();
  reportError = $state.raw<ErrorData>();
  reporting = $state(false);
  /** what follows from the newest wish that was planned; figures stay while the next one is worked out */
  plan = $state.raw<TaskPlan>();
  planError = $state.raw<ErrorData>();
  creating = $state(false);
  createError = $state.raw<ErrorData>();
  /** id of the task that was created */
  created = $state<string>();
  /** seconds until the chain's beacon has its value; unknown without a network */
  beaconWait = $state<number>();
  /** text of the wish that {@link plan} follows from */
  #planned = $state.raw<string>();
  #planning = false;
  #source = $state.raw<DataSource>();
  /** the file of weights to start from; not there after a reload */
  #startFile = $state.raw<File>();
  readonly #touched = new SvelteSet<FieldId>();
  #tried = $state(false);
  #turn = 0;

  readonly #checked = $derived(this.form && checkForm(this.form));
  readonly #wish = $derived(this.#checked?.wish);
  readonly #start = $derived(this.form?.start && this.#startFile);
  /** a wish and its file by what they say, so that one that only looks new is not planned again */
  readonly #wanted = $derived(this.#wish && JSON.stringify([this.#wish, this.#start && startOf(this.#start)]));
  readonly #isPlanned = $derived(this.#wanted !== undefined && this.#wanted === this.#planned);
  readonly #problems = $derived.by((): ReadonlyMap<FieldId, Problem> => {
    const own = this.#checked?.problems ?? new Map<FieldId, Problem>();
    const trouble = this.#isPlanned ? this.plan?.trouble : undefined;
    if (this.form === undefined) return own;
    const start = startProblem(this.form, this.#start !== undefined, trouble);
    if (start !== undefined) return new Map([...own, ['start', start]]);
    if (trouble === undefined) return own;
    const field = fieldOf(trouble, this.form);
    // Layers fit or not whatever else is missing; the rest of the spec is looked at once nothing is.
    const said = own.size === 0 || trouble.path.startsWith('model');
    return said && !own.has(field) ? new Map([...own, [field, { kind: 'other', message: trouble.message }]]) : own;
  });
  readonly problems = $derived([...this.#problems]);
  /** figures of the form as it stands; undefined where none can follow */
  readonly figures = $derived(this.#wish === undefined ? undefined : this.plan);
  /** numbers of one example */
  readonly features = $derived(this.#wish && featureWidth(this.#wish.data));
  readonly planning = $derived(this.#wish !== undefined && !this.#isPlanned && this.planError === undefined);
  readonly draft = $derived.by((): TaskDraft | undefined => {
    const spec = this.#isPlanned && this.problems.length === 0 ? this.plan?.spec : undefined;
    if (spec === undefined || this.#wish === undefined || this.#checked === undefined) return undefined;
    const { minCohort, joinSeconds, phaseSeconds } = this.#wish;
    const { stake, pool } = this.#checked;
    return { spec, minCohort, joinSeconds, phaseSeconds, stake, pool, ...(this.#start && { start: this.#start }) };
  });
  /** the file was held against the model, whatever else is missing */
  readonly startFits = $derived(
    this.#isPlanned &&
      this.#start !== undefined &&
      this.plan?.cost !== undefined &&
      this.plan.trouble?.path !== 'model.start',
  );
  readonly specHash = $derived(this.draft && this.plan?.specHash);
  readonly longestSeconds = $derived.by(() => {
    if (this.#wish === undefined || this.beaconWait === undefined) return undefined;
    const { joinSeconds, phaseSeconds } = this.#wish;
    const beaconSeconds = beaconPhaseSeconds(this.beaconWait, phaseSeconds);
    return longestRoundSeconds({ joinSeconds, phaseSeconds, beaconSeconds });
  });
  /** the sample itself is at hand, which it is not after a reload */
  readonly hasSource = $derived(this.#source !== undefined);

  constructor() {
    this.form = readDraft();
  }

  /** What is wrong with an entry, once the person has been there or wanted to go on. Layers that do not fit are told at once. */
  problem(field: FieldId): Problem | undefined {
    const shown =
      this.#tried ||
      this.#touched.has(field) ||
      /^(?:layers\.\d+|algorithm|model|noise|start|adapter|rank|private)$/u.test(field);
    return shown ? this.#problems.get(field) : undefined;
  }

  touch(field: FieldId): void {
    this.#touched.add(field);
  }

  /** Shows everything that is missing. */
  showProblems(): void {
    this.#tried = true;
  }

  /** Looks at a sample here; of two in a row the later one counts. */
  async read(source: DataSource, kind?: DataKind): Promise<void> {
    const turn = ++this.#turn;
    this.reading = true;
    this.readError = undefined;
    try {
      const sample = await useParticipant<InferredData>(async (participant) => participant.inferSample(source, kind));
      if (turn !== this.#turn) return;
      this.#source = source;
      this.sample = sample;
      this.form = startForm(sample, freshId(), this.form && $state.snapshot(this.form));
      this.report = undefined;
      this.reportError = undefined;
      this.#touched.clear();
      this.#tried = false;
    } catch (error) {
      if (turn === this.#turn) this.readError = toErrorData(error);
    } finally {
      if (turn === this.#turn) this.reading = false;
    }
  }

  /** Looks at the same sample as another kind of data. */
  async readAs(kind: DataKind): Promise<void> {
    if (this.#source !== undefined && kind !== this.form?.data.kind) await this.read(this.#source, kind);
  }

  /** Reads the sample as the form says that sites are to read their files. */
  async readSample(): Promise<void> {
    const [source, data] = [this.#source, this.#wish?.data];
    if (source === undefined || data === undefined || this.reporting) return;
    const turn = this.#turn;
    this.reporting = true;
    this.reportError = undefined;
    try {
      const report = await useParticipant((participant) => participant.readSample(source, data));
      if (turn === this.#turn) this.report = report;
    } catch (error) {
      if (turn === this.#turn) this.reportError = toErrorData(error);
    } finally {
      this.reporting = false;
    }
  }

  /** Takes a file of weights to start from. */
  takeStart(file: File): void {
    if (this.form === undefined) return;
    this.#startFile = file;
    this.form.start = startOf(file);
  }

  /** Starts from random weights. */
  dropStart(): void {
    this.#startFile = undefined;
    if (this.form !== undefined) this.form.start = undefined;
  }

  /** Keeps the draft across a reload; for an effect. */
  keep(): void {
    if (this.form !== undefined && this.created === undefined) keepDraft($state.snapshot(this.form));
  }

  /** What follows from the form as it stands; for an effect. While one wish is planned, only the newest of the others waits. */
  async describe(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined || wanted === this.#planned || this.#planning) return;
    this.#planning = true;
    try {
      const [wish] = JSON.parse(wanted) as [TaskWish];
      const start = this.#start;
      this.plan = await useParticipant((participant) => participant.planTask(wish, start));
      this.planError = undefined;
    } catch (error) {
      this.planError = toErrorData(error);
      this.plan = undefined;
    } finally {
      this.#planning = false;
      this.#planned = wanted;
    }
    // What was typed meanwhile.
    if (this.#wanted !== wanted) await this.describe();
  }

  async readBeacon(): Promise<void> {
    // The summary does without the figure; creating asks again and says what is wrong.
    this.beaconWait = await useParticipant((participant) => participant.beaconWaitSeconds()).catch(() => undefined);
  }

  /** Puts the task on chain and gives the relay its description. Pressed again after a failure, it finishes the same task. */
  async create(identity: IdentityState, network: NetworkInfo): Promise<void> {
    const { draft } = this;
    const { address, useOwn } = identity;
    if (draft === undefined || address === undefined || this.creating) return;
    this.creating = true;
    this.createError = undefined;
    try {
      this.created = useOwn
        ? await this.#createWithOwn(identity, network)
        : await useParticipant((participant) => participant.createLocally(draft, address));
      forgetDraft();
    } catch (error) {
      this.createError = toErrorData(error);
    } finally {
      this.creating = false;
    }
  }

  /** Begins anew. */
  restart(): void {
    forgetDraft();
    this.#turn += 1;
    this.form = undefined;
    this.sample = undefined;
    this.report = undefined;
    this.plan = undefined;
    this.#planned = undefined;
    this.#source = undefined;
    this.#startFile = undefined;
    this.created = undefined;
    this.createError = undefined;
    this.readError = undefined;
    this.reading = false;
    this.#touched.clear();
    this.#tried = false;
  }

  async #createWithOwn(identity: IdentityState, network: NetworkInfo): Promise<string | undefined> {
    const { draft } = this;
    const { address } = identity;
    if (draft === undefined || address === undefined) return undefined;
    const calls = await useParticipant((participant) => participant.creationCalls(draft, address));
    await identity.send(calls, network);
    return useParticipant((participant) => participant.finishCreation(draft));
  }
}

function freshId(): string {
  return toHex(secureRandom(16)).slice(2);
}
