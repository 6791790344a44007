/**
 * What a participant must remember across restarts, and must remember *before* it speaks: secrets, signed records, masked bytes,
 * unmask answers. Each is made once; a restarted session finds the same bytes again and never makes a second version, because a
 * second encoding under one mask, or a second record for one slot, would reveal or convict.
 */
import type { Bytes } from '../core/bytes.ts';
import type { Journal } from '../protocol/ports.ts';

/** Where a participation keeps the checkpoint that it goes by. */
export const modelKey = (task: bigint) => `task/${task}/model`;

export class RoundJournal {
  readonly #journal: Journal;
  readonly #prefix: string;

  constructor(journal: Journal, task: bigint, round: number) {
    this.#journal = journal;
    this.#prefix = `task/${task}/round/${round}/`;
  }

  get(key: string): Promise<Bytes | undefined> {
    return this.#journal.get(this.#prefix + key);
  }

  /** The journalled value, or a fresh one that is on disk when this resolves. */
  async once(key: string, make: () => Promise<Bytes> | Bytes): Promise<Bytes> {
    const known = await this.get(key);
    if (known !== undefined) return known;
    const value = await make();
    await this.#journal.put(this.#prefix + key, value);
    return value;
  }

  /** Deletes the round's secrets once nothing can ask for them any more. */
  async forget(): Promise<void> {
    for (const key of await this.#journal.keys(this.#prefix)) await this.#journal.delete(key);
  }
}
