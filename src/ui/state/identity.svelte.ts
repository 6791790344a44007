/** The wallet that signs for this person: one made in the page, or one of their own. Wallet code is loaded only when asked for. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { NetworkInfo } from '../../../workers/api/network.ts';
import type { ContractCall } from '../../../workers/api/wallets.ts';
import type { WalletConnection, WalletChoice, Wallets } from '../../chain/wallet.ts';
import type { Hex } from '../../core/bytes.ts';
import { type ErrorData, toErrorData } from '../../core/errors.ts';

export class IdentityState {
  /** address of the wallet that this page made */
  local = $state.raw<Hex>();
  connection = $state.raw<WalletConnection>();
  choices = $state.raw<readonly WalletChoice[]>();
  exported = $state.raw<Hex>();
  error = $state.raw<ErrorData>();
  busy = $state(false);
  /** whether the person wants their own wallet rather than the page's */
  useOwn = $state(false);
  #wallets: Wallets | undefined;

  readonly address = $derived(this.useOwn ? this.connection?.address : this.local);

  rightChain(network: NetworkInfo): boolean {
    return !this.useOwn || this.connection?.chainId === network.chainId;
  }

  /** Finds the wallet that this page made earlier. */
  find(): Promise<void> {
    return this.#do(async () => {
      const wallets = await useParticipant((participant) => participant.localWallets());
      this.local ??= wallets.find(({ inUse }) => !inUse)?.address;
    });
  }

  make(): Promise<void> {
    return this.#do(async () => {
      this.local = await useParticipant((participant) => participant.makeLocalWallet());
      this.useOwn = false;
    });
  }

  export(): Promise<void> {
    return this.#do(async () => {
      const { local } = this;
      if (local === undefined) return;
      this.exported = await useParticipant((participant) => participant.exportLocalWallet(local));
    });
  }

  hideExport(): void {
    this.exported = undefined;
  }

  /** Looks for wallet extensions; this is the moment when wallet code is loaded. */
  lookForWallets(network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      this.useOwn = true;
      this.choices = (await this.#load(network)).choices();
    });
  }

  connect(choice: WalletChoice, network: NetworkInfo): Promise<void> {
    return this.#do(async () => (await this.#load(network)).connect(choice.id));
  }

  switchChain(network: NetworkInfo): Promise<void> {
    return this.#do(async () => (await this.#load(network)).switchChain());
  }

  /** Back to the choice between the two kinds of wallet. */
  reset(): void {
    this.useOwn = false;
    this.choices = undefined;
    this.error = undefined;
  }

  /** Lets the person's own wallet sign and send its registration; its address when that worked. */
  async register(task: string, network: NetworkInfo): Promise<Hex | undefined> {
    let registered: Hex | undefined;
    await this.#do(async () => {
      const wallets = await this.#load(network);
      const wallet = wallets.address();
      const request = await useParticipant((participant) => participant.requestRegistration(task, wallet));
      const signature = await wallets.sign(request.registration);
      if (request.approval !== undefined) await wallets.send(request.approval);
      await wallets.send(await useParticipant((participant) => participant.registrationCall(request, signature)));
      registered = wallet;
    });
    return registered;
  }

  /** Lets the person's own wallet send transactions, one after the other. @throws MurmurError cancelled, refused, not-found */
  async send(calls: readonly ContractCall[], network: NetworkInfo): Promise<void> {
    const wallets = await this.#load(network);
    for (const call of calls) await wallets.send(call);
  }

  async #load(network: NetworkInfo): Promise<Wallets> {
    if (this.#wallets === undefined) {
      const { openWallets } = await import('../../chain/wallet.ts');
      this.#wallets = await openWallets(network, (connection) => (this.connection = connection));
    }
    return this.#wallets;
  }

  async #do(step: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.error = undefined;
    try {
      await step();
    } catch (error) {
      this.error = toErrorData(error);
    } finally {
      this.busy = false;
    }
  }
}
