/** Something that is read from the worker again and again while the page that shows it is open and visible. */
import { type ErrorData, toErrorData } from '../../core/errors.ts';

const REFRESH_MS = 4000;

export class Polled<T> {
  /** the last good answer; stays while a later reading fails */
  value = $state.raw<T>();
  error = $state.raw<ErrorData>();
  loading = $state(false);
  readonly #read: (signal: AbortSignal) => Promise<T>;
  #controller: AbortController | undefined;

  /** @param read one reading; it ends when its signal aborts */
  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  /** Reads now and then regularly. @returns the way to stop, for a Svelte effect */
  watch(refreshMs = REFRESH_MS): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.load();
    }, refreshMs);
    return () => {
      clearInterval(timer);
      this.#controller?.abort();
    };
  }

  async load(): Promise<void> {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.loading = true;
    try {
      const value = await this.#read(controller.signal);
      if (controller.signal.aborted) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (!controller.signal.aborted) this.error = toErrorData(error);
    } finally {
      if (this.#controller === controller) this.loading = false;
    }
  }
}
