/** A tab's participation, as page and participant's worker speak of it. */
import type { Bytes, Hex } from '../../src/core/bytes.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import type { ParticipationStatus } from '../../src/session/status.ts';
import type { LedgerTotals } from './ledger.ts';

/**
 * Who holds the participations of this browser: this tab one of them; other tabs all of them, and this one waits to take over; or
 * nobody that this tab has to do with.
 */
export type Holder = 'here' | 'elsewhere' | 'nobody';

export interface ParticipationView {
  /** names it across reloads; the page keeps it for its tab */
  readonly id: string;
  readonly task: string;
  readonly wallet: Hex;
  readonly fileName: string;
  readonly rows: number;
  readonly title: string;
}

/** Everything that changes while a tab takes part. */
export interface Snapshot {
  readonly holder: Holder;
  readonly participation?: ParticipationView;
  /** participations that other tabs of this browser hold */
  readonly others: readonly { readonly id: string; readonly task: string; readonly wallet: Hex }[];
  readonly status?: ParticipationStatus;
  /** stopped by its owner, to go on later; across reloads */
  readonly paused: boolean;
  /** whether the session runs now: not before it was started, when paused, when over, and after an error that ended it */
  readonly running: boolean;
  readonly ledger: LedgerTotals;
  /** what the participation waits for while it runs; what ended it when it does not */
  readonly error?: ErrorData;
}

/** What a person wants to take part in, and with what. */
export interface JoinWish {
  readonly task: string;
  /** id in the library */
  readonly dataset: string;
  readonly wallet: Hex;
  /** agreed to that something of this task is released without noise, so that no limit bounds what it tells */
  readonly withoutNoise: boolean;
}

export interface ParticipationApi {
  /**
   * Calls the listener with the state of now, then at every change. Finds a participation that a reload interrupted, and goes on.
   * @param mine the participation that this tab had before a reload, if it knows of one
   */
  watch(listener: (snapshot: Snapshot) => void, mine?: string): Promise<void>;
  /**
   * Takes part: with a wallet that the page made, which it registers, or with one of the person's own whose registration is on chain.
   * @throws MurmurError as {@link ParticipationApi.checkJoin}; conflict when another tab takes part in the task with the same wallet
   */
  join(wish: JoinWish): Promise<void>;
  /**
   * To be asked before a wallet of the person's own signs anything.
   * @throws MurmurError refused when the whole task costs more than the data set's limit leaves, when its noise counts on more honest sites
   * than its rounds are sure to have, when something has no noise and that was not agreed to; conflict when another wallet of this
   * browser takes part in it with the same rows
   */
  checkJoin(wish: JoinWish): Promise<void>;
  /** Stops waiting for other tabs, so that this one can take part on its own: in another task, or with another wallet. */
  beIndependent(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * The model of the task that this tab takes part in, with what this site has learnt in its private layers, as a safetensors file.
   * @throws MurmurError not-found before the first model, or when this tab takes part in another task or in none
   */
  ownModel(task: string, signal?: AbortSignal): Promise<Bytes>;
  /** Ends the participation; the round in progress goes on without this tab. */
  leave(): Promise<void>;
}
