/** This browser's participation as the worker reports it, and the few things that a person can do to it. */
import { useParticipant, watchParticipant } from '../../../workers/bridge.ts';
import type { JoinWish, Snapshot } from '../../../workers/api/participation.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

/** Where a tab remembers its own participation across reloads; another tab of the same browser has another. */
const MINE = 'murmur/participation';

const NOTHING: Snapshot = {
  holder: 'nobody',
  others: [],
  paused: false,
  running: false,
  ledger: { requests: 0, bytesUp: 0, bytesDown: 0, kinds: [] },
};

export class ParticipationState {
  snapshot = $state.raw<Snapshot>(NOTHING);
  /** whether the worker has answered at all, so that the page does not flash the first step before a resumed round */
  known = $state(false);
  error = $state.raw<ErrorData>();
  busy = $state(false);
  /** bytes since the live round began, or since this page was loaded when that was later */
  sentThisRound = $state<number>();
  #round: { readonly number: number; readonly sentBefore: number } | undefined;

  readonly active = $derived(this.snapshot.participation !== undefined);

  start(): void {
    watchParticipant(
      (snapshot) => {
        this.snapshot = snapshot;
        this.known = true;
        this.#count(snapshot);
        const id = snapshot.participation?.id;
        if (id !== undefined) sessionStorage.setItem(MINE, id);
      },
      (error) => {
        this.error = toErrorData(error);
        this.known = true;
      },
      sessionStorage.getItem(MINE) ?? undefined,
    );
  }

  #count({ status, ledger }: Snapshot): void {
    const number = status?.live?.round;
    if (number === undefined) return;
    if (this.#round?.number !== number) this.#round = { number, sentBefore: ledger.bytesUp };
    this.sentThisRound = ledger.bytesUp - this.#round.sentBefore;
  }

  join(wish: JoinWish): Promise<boolean> {
    return this.#do(() => useParticipant((participant) => participant.join(wish)));
  }

  /** Whether joining would not be refused; the error says why otherwise. */
  checkJoin(wish: JoinWish): Promise<boolean> {
    return this.#do(() => useParticipant((participant) => participant.checkJoin(wish)));
  }

  /** Takes part on one's own rather than waiting for another tab to be closed. */
  beIndependent(): Promise<boolean> {
    return this.#do(() => useParticipant((participant) => participant.beIndependent()));
  }

  pause(): Promise<boolean> {
    return this.#do(() => useParticipant((participant) => participant.pause()));
  }

  resume(): Promise<boolean> {
    return this.#do(() => useParticipant((participant) => participant.resume()));
  }

  leave(): Promise<boolean> {
    return this.#do(async () => {
      await useParticipant((participant) => participant.leave());
      sessionStorage.removeItem(MINE);
    });
  }

  async #do(step: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.error = undefined;
    try {
      await step();
      return true;
    } catch (error) {
      this.error = toErrorData(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
