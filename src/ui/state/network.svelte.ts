/** The network that serves this page, and whether it can be reached. Asked again every few seconds while the page is visible. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { NetworkInfo } from '../../../workers/api/network.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

const REFRESH_MS = 5000;

export class NetworkState {
  info = $state.raw<NetworkInfo>();
  error = $state.raw<ErrorData>();
  loading = $state(false);
  /** what the browser says of its own connection */
  online = $state(navigator.onLine);

  start(): void {
    addEventListener('online', () => this.#connection(true));
    addEventListener('offline', () => this.#connection(false));
    void this.load();
    setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.load();
    }, REFRESH_MS);
  }

  async load(): Promise<void> {
    this.loading = true;
    try {
      this.info = await useParticipant((participant) => participant.network());
      this.error = undefined;
    } catch (error) {
      this.error = toErrorData(error);
    } finally {
      this.loading = false;
    }
  }

  #connection(online: boolean): void {
    this.online = online;
    if (online) void this.load();
  }
}
