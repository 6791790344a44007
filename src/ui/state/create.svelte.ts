/** The task that a person is creating: what they entered, what is wrong with it, and its way onto the chain. Survives a reload. */
import { SvelteSet } from 'svelte/reactivity';
import { useParticipant } from '../../../workers/bridge.ts';
import type { DataSource } from '../../../workers/api/data.ts';
import type { NetworkInfo } from '../../../workers/api/network.ts';
import { toHex } from '../../core/bytes.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { secureRandom } from '../../core/random.ts';
import type { Inferred } from '../../dataset/infer.ts';
import { beaconPhaseSeconds, longestRoundSeconds } from '../../protocol/task-parameters.ts';
import { taskSpecHash } from '../../protocol/task-spec.ts';
import { checkForm, type FieldId, type Problem, weightsOf } from './create-check.ts';
import { type CreateForm, linesOf, startForm, usedColumns } from './create-form.ts';
import { keepDraft, forgetDraft, readDraft } from './create-store.ts';
import type { IdentityState } from './identity.svelte.ts';

export class CreateState {
  form = $state<CreateForm>();
  /** of the file that was read since the page was loaded: its first cells are shown and never kept */
  sample = $state.raw<Inferred>();
  reading = $state(false);
  readError = $state.raw<ErrorData>();
  creating = $state(false);
  createError = $state.raw<ErrorData>();
  /** id of the task that was created */
  created = $state<string>();
  specHash = $state<string>();
  /** bytes that a site sends in a training round */
  roundBytes = $state<number>();
  /** seconds until the chain's beacon has its value; unknown without a network */
  beaconWait = $state<number>();
  readonly #touched = new SvelteSet<FieldId>();
  #tried = $state(false);
  #turn = 0;

  readonly #checked = $derived(this.form && checkForm(this.form));
  readonly draft = $derived(this.#checked?.draft);
  readonly problems = $derived([...(this.#checked?.problems ?? [])]);
  readonly features = $derived(this.form === undefined ? 0 : countFeatures(this.form));
  readonly weights = $derived(this.form === undefined ? 0 : weightsOf(this.form.model, this.features));
  readonly longestSeconds = $derived.by(() => {
    if (this.draft === undefined || this.beaconWait === undefined) return undefined;
    const { joinSeconds, phaseSeconds } = this.draft;
    const beaconSeconds = beaconPhaseSeconds(this.beaconWait, phaseSeconds);
    return longestRoundSeconds({ joinSeconds, phaseSeconds, beaconSeconds });
  });

  constructor() {
    this.form = readDraft();
  }

  /** What is wrong with an entry, once the person has been there or wanted to go on. */
  problem(field: FieldId): Problem | undefined {
    return this.#tried || this.#touched.has(field) ? this.#checked?.problems.get(field) : undefined;
  }

  touch(field: FieldId): void {
    this.#touched.add(field);
  }

  /** Shows everything that is missing. */
  showProblems(): void {
    this.#tried = true;
  }

  /** Reads a sample file here; of two in a row the later one counts. */
  async read(source: DataSource): Promise<void> {
    const turn = ++this.#turn;
    this.reading = true;
    this.readError = undefined;
    try {
      const inferred = await useParticipant((participant) => participant.inferSchema(source));
      if (turn !== this.#turn) return;
      this.sample = inferred;
      this.form = startForm(inferred, freshId(), this.form && $state.snapshot(this.form));
      this.#touched.clear();
      this.#tried = false;
    } catch (error) {
      if (turn === this.#turn) this.readError = toErrorData(error);
    } finally {
      if (turn === this.#turn) this.reading = false;
    }
  }

  /** Keeps the draft across a reload; for an effect. */
  keep(): void {
    if (this.form !== undefined && this.created === undefined) keepDraft($state.snapshot(this.form));
  }

  /** Hash and size of what the draft would be; for an effect. */
  async describe(): Promise<void> {
    const spec = this.draft?.spec;
    if (spec === undefined) {
      this.specHash = undefined;
      this.roundBytes = undefined;
      return;
    }
    const hash = toHex(await taskSpecHash(spec));
    if (spec !== this.draft?.spec) return;
    this.specHash = hash;
    const bytes = await useParticipant((participant) => participant.roundBytes(spec)).catch(() => undefined);
    if (spec === this.draft?.spec) this.roundBytes = bytes;
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

/** Features of the columns that are used, whatever else is still missing. */
function countFeatures(form: CreateForm): number {
  return usedColumns(form).reduce(
    (sum, { column }) => sum + (column.kind === 'number' ? 1 : linesOf(column.categories).length),
    0,
  );
}

function freshId(): string {
  return toHex(secureRandom(16)).slice(2);
}
