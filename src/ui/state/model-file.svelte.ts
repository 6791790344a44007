/**
 * A model of a task as a file for a person, handed to the downloads: the common one, fetched and checked against the fingerprint on the
 * chain, or the site's own, with its private layers, from this browser's journal.
 */
import { useParticipant } from '../../../workers/bridge.ts';
import type { Bytes, Hex } from '../../core/bytes.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { saveFile } from '../save-file.ts';

export class ModelFile {
  busy = $state(false);
  error = $state.raw<ErrorData>();
  saved = $state.raw<{ readonly name: string; readonly sizeBytes: number; readonly hash?: Hex }>();
  #controller: AbortController | undefined;

  /**
   * The worker refuses bytes that do not have the hash.
   * @param name without its ending
   */
  async save(hash: Hex, name: string): Promise<void> {
    await this.#save((signal) => useParticipant((participant) => participant.model(hash, signal)), name, { hash });
  }

  /** @param name without its ending */
  async saveOwn(task: string, name: string): Promise<void> {
    await this.#save((signal) => useParticipant((participant) => participant.ownModel(task, signal)), name, {});
  }

  /** For when the page that asked is left. */
  stop(): void {
    this.#controller?.abort();
  }

  async #save(
    read: (signal: AbortSignal) => Promise<Bytes>,
    name: string,
    about: { readonly hash?: Hex },
  ): Promise<void> {
    const { signal } = (this.#controller = new AbortController());
    this.busy = true;
    this.error = undefined;
    this.saved = undefined;
    try {
      const bytes = await read(signal);
      if (signal.aborted) return;
      const fileName = `${name}.safetensors`;
      saveFile(new Blob([bytes], { type: 'application/octet-stream' }), fileName);
      this.saved = { name: fileName, sizeBytes: bytes.length, ...about };
    } catch (error) {
      if (!signal.aborted) this.error = toErrorData(error);
    } finally {
      this.busy = false;
    }
  }
}
