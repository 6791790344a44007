/** A text that a task's model writes in this page. */
import { proxy } from 'comlink';
import { useParticipant } from '../../../workers/bridge.ts';
import type { WritingOrder } from '../../../workers/api/workbench.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class Writer {
  /** with its beginning; empty before the first */
  text = $state('');
  running = $state(false);
  /** a person stopped it */
  stopped = $state(false);
  error = $state.raw<ErrorData>();
  #controller: AbortController | undefined;

  async write(order: WritingOrder): Promise<void> {
    this.forget();
    const controller = (this.#controller = new AbortController());
    const { signal } = controller;
    this.running = true;
    const onText = proxy((text: string) => {
      if (!signal.aborted) this.text = text;
    });
    try {
      const text = await useParticipant((participant) => participant.write(order, onText, signal));
      if (!signal.aborted) this.text = text;
    } catch (error) {
      if (!signal.aborted) this.error = toErrorData(error);
    } finally {
      if (this.#controller === controller) this.running = false;
    }
  }

  /** What it has written stays. */
  stop(): void {
    this.#controller?.abort();
    this.#controller = undefined;
    this.running = false;
    this.stopped = true;
  }

  forget(): void {
    this.stop();
    this.text = '';
    this.stopped = false;
    this.error = undefined;
  }
}
