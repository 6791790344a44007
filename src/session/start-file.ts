/**
 * A task's file of starting weights as one participant has it: fetched once, checked, and kept in the journal, to begin from and to give
 * back to a relay that lost it. The statistics round needs it, and the model that the site trains alone begins with the same weights.
 */
import { fetchStartFile } from '../aggregation/verify.ts';
import type { Bytes } from '../core/bytes.ts';
import { readStart } from '../model/start.ts';
import type { Journal, RelayPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';

export class StartFile {
  readonly #spec: TaskSpec;
  readonly #relay: Pick<RelayPort, 'blobs'>;
  readonly #journal: Journal;
  readonly #key: string;

  constructor(args: { spec: TaskSpec; task: bigint; relay: Pick<RelayPort, 'blobs'>; journal: Journal }) {
    this.#spec = args.spec;
    this.#relay = args.relay;
    this.#journal = args.journal;
    this.#key = `task/${args.task}/start`;
  }

  /**
   * What the task begins with; undefined where it begins with random weights.
   * @throws MurmurError not-found when the relay does not have the file; bad-hash, bad-input when it is not the task's or does not fit
   */
  async weights(signal: AbortSignal): Promise<Float32Array | undefined> {
    const { start } = this.#spec.model;
    if (start === undefined) return undefined;
    const [kept] = await this.kept();
    if (kept !== undefined) return readStart(this.#spec, start, kept);
    const bytes = await fetchStartFile(this.#relay, start, signal);
    const weights = await readStart(this.#spec, start, bytes);
    await this.#journal.put(this.#key, bytes);
    return weights;
  }

  /** The file, where this participant has it. */
  async kept(): Promise<readonly Bytes[]> {
    const bytes = this.#spec.model.start && (await this.#journal.get(this.#key));
    return bytes === undefined ? [] : [bytes];
  }
}
