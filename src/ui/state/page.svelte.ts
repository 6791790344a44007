/** All state of the page; components get it as a property and hold none that outlives them. */
import type { NetworkView } from '../../../workers/api.ts';
import { DataState } from './data.svelte.ts';
import { IdentityState } from './identity.svelte.ts';
import { NetworkState } from './network.svelte.ts';
import { ParticipationState } from './participation.svelte.ts';
import { Router } from './router.svelte.ts';

export class PageState {
  readonly router = new Router();
  readonly network = new NetworkState();
  readonly identity = new IdentityState();
  readonly data = new DataState();
  readonly participation = new ParticipationState();

  /** Begins to listen; called once the page is mounted. */
  start(): void {
    this.router.start();
    this.participation.start();
    this.network.start();
  }

  /** Joins the open task with the chosen wallet; what goes wrong is shown where it went wrong. */
  async join({ network, task }: NetworkView): Promise<void> {
    if (!this.identity.useOwn) {
      await this.participation.join(task.task);
      return;
    }
    const wallet = await this.identity.register(task.task, network);
    if (wallet !== undefined) await this.participation.join(task.task, wallet);
  }
}
