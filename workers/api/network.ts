/** The network that serves this page, as page and workers speak of it. Interfaces and plain data only. */
import type { Hex } from '../../src/core/bytes.ts';

/** GET /network.json; addresses are absolute. */
export interface NetworkInfo {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly relayUrl: string;
  readonly coordinator: Hex;
  readonly flock: Hex;
  readonly beacon: Hex;
  /** id of the task that the network itself offers to newcomers now */
  readonly openTask: string;
  /** a network on this machine, with a faucet */
  readonly local: boolean;
}
