/** What every call of the participant's worker starts from: the stores of this browser, and the network once it was read. */
import type { NetworkInfo } from './api/network.ts';
import type { LedgerBook } from './ledger-book.ts';
import type { Participation } from './participation.ts';
import type { TaskReader } from './task-reader.ts';
import type { World } from './world.ts';

export interface Parts {
  readonly world: World;
  readonly participation: Participation;
  readonly tasks: TaskReader;
  readonly ledger: LedgerBook;
}

export type Connected = Parts & { readonly network: NetworkInfo };

export interface Context {
  /** Stores only; works without a network. */
  opened(): Promise<Parts>;
  /** @throws MurmurError unreachable when no network is behind this page */
  connected(signal?: AbortSignal): Promise<Connected>;
  /** The network as it describes itself now. */
  refreshed(signal?: AbortSignal): Promise<Connected>;
}
