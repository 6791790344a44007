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

  /**
   * Joins a task with the chosen wallet and data set; what goes wrong is shown where it went wrong.
   * @param withoutNoise agreed to that nothing bounds what the task tells
   */
  async join(network: NetworkInfo, task: string, withoutNoise: boolean): Promise<void> {
    const { dataset } = this.data;
    const wallet = this.identity.address;
    if (dataset === undefined || wallet === undefined) return;
    const wish = { task, dataset, wallet, withoutNoise };
    if (!this.identity.useOwn) {
      await this.participation.join(wish);
      return;
    }
    // A refusal comes before the wallet is asked to sign anything.
    if (!(await this.participation.checkJoin(wish))) return;
    const registered = await this.identity.register(task, network);
    if (registered !== undefined) await this.participation.join({ ...wish, wallet: registered });
  }
}
