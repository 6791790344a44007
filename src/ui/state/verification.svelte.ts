/** One replay of a task in this page: how far it is, what came out, and the way to stop it. */
import { proxy } from 'comlink';
import { useParticipant } from '../../../workers/bridge.ts';
import type { VerificationView } from '../../../workers/api/tasks.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class Verification {
  running = $state(false);
  /** undefined until the rounds are known */
  progress = $state.raw<{ readonly done: number; readonly total: number }>();
  result = $state.raw<VerificationView>();
  error = $state.raw<ErrorData>();
  /** a person stopped it */
  stopped = $state(false);
  #controller: AbortController | undefined;

  /** Begins anew; what an earlier run found is forgotten. */
  async run(task: string): Promise<void> {
    this.forget();
    const controller = new AbortController();
    const { signal } = controller;
    this.#controller = controller;
    this.running = true;
    const onRound = proxy((done: number, total: number) => {
      if (!signal.aborted) this.progress = { done, total };
    });
    try {
      const result = await useParticipant((participant) => participant.verify(task, onRound, signal));
      if (!signal.aborted) this.result = result;
    } catch (error) {
      if (!signal.aborted) this.error = toErrorData(error);
    } finally {
      if (this.#controller === controller) this.running = false;
    }
  }

  stop(): void {
    this.forget();
    this.stopped = true;
  }

  /** Stops without a word, e.g. when another task is shown. */
  forget(): void {
    this.#controller?.abort();
    this.#controller = undefined;
    this.running = false;
    this.stopped = false;
    this.progress = undefined;
    this.result = undefined;
    this.error = undefined;
  }
}
