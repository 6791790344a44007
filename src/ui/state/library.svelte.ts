/** The library of this browser, read again and again while its page is open. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { DatasetView } from '../../../workers/api/data.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { Polled } from './polled.svelte.ts';

export class LibraryState {
  readonly list = new Polled((_signal) => useParticipant((participant) => participant.datasets()));
  /** id of what is being forgotten */
  forgetting = $state<string>();
  /** name of what was forgotten last */
  forgotten = $state<string>();
  forgettingAll = $state(false);
  error = $state.raw<ErrorData>();

  async forget({ id, fileName }: DatasetView): Promise<void> {
    this.forgetting = id;
    this.error = undefined;
    this.forgotten = undefined;
    try {
      await useParticipant((participant) => participant.forget(id));
      this.forgotten = fileName;
      await this.list.load();
    } catch (error) {
      this.error = toErrorData(error);
    } finally {
      this.forgetting = undefined;
    }
  }

  /** @returns whether all is gone; then the page has to be loaded anew, because it still shows what was */
  async forgetEverything(): Promise<boolean> {
    this.forgettingAll = true;
    this.error = undefined;
    try {
      await useParticipant((participant) => participant.forgetEverything());
      return true;
    } catch (error) {
      this.error = toErrorData(error);
      return false;
    } finally {
      this.forgettingAll = false;
    }
  }
}
