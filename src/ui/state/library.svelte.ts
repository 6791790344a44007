/** The library of this browser, read again and again while its page is open. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { DatasetView } from '../../../workers/api/data.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import type { OwnersLimit } from '../../session/status.ts';
import { Polled } from './polled.svelte.ts';

export class LibraryState {
  readonly list = new Polled((_signal) => useParticipant((participant) => participant.datasets()));
  /** id of what is being forgotten */
  forgetting = $state<string>();
  /** name of what was forgotten last */
  forgotten = $state<string>();
  /** id of the data set whose limit is being set, and of that whose limit was set last */
  limiting = $state<string>();
  limited = $state<string>();
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

  /** Sets what may be spent of a data set in all. */
  async setLimit({ id }: DatasetView, limit: OwnersLimit): Promise<void> {
    this.limiting = id;
    this.limited = undefined;
    this.error = undefined;
    try {
      await useParticipant((participant) => participant.setLimit(id, limit));
      this.limited = id;
      await this.list.load();
    } catch (error) {
      this.error = toErrorData(error);
    } finally {
      this.limiting = undefined;
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
