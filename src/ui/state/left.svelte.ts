/** The list of the ledger: pages read as they are wanted, the newest again and again, and what a person does with it. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { LedgerPage } from '../../../workers/api/ledger.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';
import { type Listed, NOTHING_LISTED, withNewer, withOlder } from './ledger-view.ts';

const PAGE = 50;
const REFRESH_MS = 3000;
/** A person who types is waited for. */
const TYPING_MS = 250;

export class LeftState {
  listed = $state.raw(NOTHING_LISTED);
  totals = $state.raw<LedgerPage['totals']>();
  error = $state.raw<ErrorData>();
  loading = $state(false);
  exporting = $state(false);
  exportError = $state.raw<ErrorData>();
  what = $state('');
  text = $state('');
  /** counts filters: an answer to an older one is dropped */
  #turn = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  readonly filtered = $derived(this.what !== '' || this.text.trim() !== '');

  /** Reads now and then regularly. @returns the way to stop, for onMount */
  watch(): () => void {
    void this.restart();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.#newest();
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(this.#typing);
    };
  }

  /** Begins again with the present filter. */
  restart(): Promise<void> {
    clearTimeout(this.#typing);
    this.#turn++;
    this.listed = NOTHING_LISTED;
    return this.#newest();
  }

  restartSoon(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.restart(), TYPING_MS);
  }

  older(): Promise<void> {
    const { next } = this.listed;
    return next === undefined
      ? Promise.resolve()
      : this.#read({ before: next }, (page) => withOlder(this.listed, page));
  }

  /** The signed file; undefined when it could not be made, and the error says why. */
  async export(): Promise<string | undefined> {
    this.exporting = true;
    this.exportError = undefined;
    try {
      return await useParticipant((participant) => participant.exportLedger());
    } catch (error) {
      this.exportError = toErrorData(error);
      return undefined;
    } finally {
      this.exporting = false;
    }
  }

  #newest(): Promise<void> {
    return this.#read({ after: this.listed.newest }, (page) => withNewer(this.listed, page));
  }

  async #read(where: { before: number } | { after: number }, add: (page: LedgerPage) => Listed): Promise<void> {
    const turn = this.#turn;
    this.loading = true;
    try {
      const query = {
        count: PAGE,
        text: this.text,
        ...where,
        ...(this.what !== '' && { what: this.what }),
      };
      const page = await useParticipant((participant) => participant.ledger(query));
      if (turn !== this.#turn) return;
      this.listed = add(page);
      this.totals = page.totals;
      this.error = undefined;
    } catch (error) {
      if (turn === this.#turn) this.error = toErrorData(error);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
