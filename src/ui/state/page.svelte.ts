/** All state of the page that outlives a single page; components get it as a property. */
import type { NetworkInfo } from '../../../workers/api/network.ts';
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

  /** Joins a task with the chosen wallet and data set; what goes wrong is shown where it went wrong. */
  async join(network: NetworkInfo, task: string): Promise<void> {
    const dataset = this.data.dataset;
    const wallet = this.identity.useOwn ? await this.identity.register(task, network) : this.identity.local;
    if (dataset !== undefined && wallet !== undefined) await this.participation.join(task, dataset, wallet);
  }
}
