/** The model of a task as a file for a person: fetched, checked against the fingerprint on the chain, and handed to the downloads. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { Hex } from '../../core/bytes.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { saveFile } from '../save-file.ts';

export class ModelFile {
  busy = $state(false);
  error = $state.raw<ErrorData>();
  saved = $state.raw<{ readonly name: string; readonly sizeBytes: number; readonly hash: string }>();
  #controller: AbortController | undefined;

  /**
   * The worker refuses bytes that do not have the hash.
   * @param name without its ending
   */
  async save(hash: Hex, name: string): Promise<void> {
    const { signal } = (this.#controller = new AbortController());
    this.busy = true;
    this.error = undefined;
    this.saved = undefined;
    try {
      const bytes = await useParticipant((participant) => participant.model(hash, signal));
      if (signal.aborted) return;
      const fileName = `${name}.safetensors`;
      saveFile(new Blob([bytes], { type: 'application/octet-stream' }), fileName);
      this.saved = { name: fileName, sizeBytes: bytes.length, hash };
    } catch (error) {
      if (!signal.aborted) this.error = toErrorData(error);
    } finally {
      this.busy = false;
    }
  }

  /** For when the page that asked is left. */
  stop(): void {
    this.#controller?.abort();
  }
}
