/** The network that serves this page, and the task that is open on it. Read again every few seconds while the page is visible. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { NetworkView } from '../../../workers/api.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

const REFRESH_MS = 5000;

export class NetworkState {
  view = $state.raw<NetworkView>();
  error = $state.raw<ErrorData>();
  loading = $state(false);

  start(): void {
    void this.load();
    setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.load();
    }, REFRESH_MS);
  }

  async load(): Promise<void> {
    this.loading = true;
    try {
      this.view = await useParticipant((participant) => participant.view());
      this.error = undefined;
    } catch (error) {
      this.error = toErrorData(error);
    } finally {
      this.loading = false;
    }
  }
}
