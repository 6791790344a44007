/** The wallet that signs for this person: one made in the page, or one of their own. Wallet code is loaded only when asked for. */
import { useParticipant } from '../../../workers/bridge.ts';
import type { NetworkInfo } from '../../../workers/api/network.ts';
import type { Authorisation, ContractCall, LocalWallet } from '../../../workers/api/wallets.ts';
import type { WalletConnection, WalletChoice, Wallets } from '../../chain/wallet.ts';
import type { Hex } from '../../core/bytes.ts';
import { type ErrorData, MurmurError, toErrorData } from '../../core/errors.ts';

/** Where the browser remembers that a person uses their own wallet: it is found again without a question after a reload. */
const OWN = 'murmur/own-wallet';

/** What the person's own wallet is being asked. */
export type Asking = 'connect' | 'switch' | 'sign' | 'approve' | 'register' | 'revoke' | 'send';

export class IdentityState {
  /** wallets that this page made, oldest first */
  locals = $state.raw<readonly LocalWallet[]>([]);
  /** the chosen one of them */
  local = $state.raw<Hex>();
  /** FLOCK of the chosen wallet, decimal text */
  balance = $state.raw<string>();
  connection = $state.raw<WalletConnection>();
  choices = $state.raw<readonly WalletChoice[]>();
  /** private key that is shown */
  exported = $state.raw<Hex>();
  authorisations = $state.raw<readonly Authorisation[]>();
  error = $state.raw<ErrorData>();
  busy = $state(false);
  asking = $state.raw<Asking>();
  /** whether the person wants their own wallet rather than the page's */
  useOwn = $state(false);
  #wallets: Promise<Wallets> | undefined;
  #waiting: AbortController | undefined;

  readonly address = $derived(this.useOwn ? this.connection?.address : this.local);

  rightChain(network: NetworkInfo): boolean {
    return !this.useOwn || this.connection?.chainId === network.chainId;
  }

  /** Finds the wallets that this page made earlier, and the person's own if it was connected. */
  find(network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      if (network.local) await this.#readLocals();
      if (localStorage.getItem(OWN) === null) return;
      this.useOwn = true;
      await this.#load(network);
      // It was disconnected in the wallet itself meanwhile.
      if (this.connection === undefined && this.local !== undefined) this.useOwn = false;
      else await this.#readBalance();
    });
  }

  make(): Promise<void> {
    return this.#do(async () => {
      const made = await useParticipant((participant) => participant.makeLocalWallet());
      this.useOwn = false;
      await this.#readLocals(made);
    });
  }

  choose(wallet: Hex): Promise<void> {
    return this.#do(async () => {
      this.exported = undefined;
      this.local = wallet;
      await this.#readBalance();
    });
  }

  takeFromFaucet(): Promise<void> {
    return this.#do(async () => {
      const { address } = this;
      if (address === undefined) return;
      await useParticipant((participant) => participant.takeFromFaucet(address));
      await this.#readBalance();
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

  /** The chosen wallet as an encrypted file; undefined when that failed, and the error says why. */
  async keystore(password: string): Promise<string | undefined> {
    let file: string | undefined;
    await this.#do(async () => {
      const { local } = this;
      if (local === undefined) return;
      file = await useParticipant((participant) => participant.exportKeystore(local, password));
    });
    return file;
  }

  /** Looks for wallet extensions; this is the moment when wallet code is loaded. */
  lookForWallets(network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      this.useOwn = true;
      await this.#load(network);
    });
  }

  connect(choice: WalletChoice, network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      await this.#ask('connect', network, (wallets, signal) => wallets.connect(choice.id, signal));
      localStorage.setItem(OWN, '1');
      await this.#readBalance();
    });
  }

  disconnect(network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      localStorage.removeItem(OWN);
      await (await this.#load(network)).disconnect();
    });
  }

  switchChain(network: NetworkInfo): Promise<void> {
    return this.#do(() => this.#ask('switch', network, (wallets, signal) => wallets.switchChain(signal)));
  }

  /** Back to the wallets of the page. */
  reset(): void {
    this.stopWaiting();
    this.useOwn = false;
    localStorage.removeItem(OWN);
    this.error = undefined;
    void this.#do(() => this.#readBalance());
  }

  /** Gives up what the wallet is being asked; its answer, if it still comes, is dropped. */
  stopWaiting(): void {
    this.#waiting?.abort();
  }

  /**
   * Lets the person's own wallet authorise this browser for a task, unless it has done so already; its address when that worked.
   * What an earlier try had done is not asked again.
   */
  async register(task: string, network: NetworkInfo): Promise<Hex | undefined> {
    let registered: Hex | undefined;
    await this.#do(async () => {
      const wallet = (await this.#load(network)).address();
      if (!(await useParticipant((participant) => participant.isRegistered(task, wallet)))) {
        const request = await useParticipant((participant) => participant.requestRegistration(task, wallet));
        const signature = await this.#ask('sign', network, (wallets, signal) =>
          wallets.sign(request.registration, signal),
        );
        const { approval } = request;
        if (approval !== undefined)
          await this.#ask('approve', network, (wallets, signal) => this.#sendAs(wallet, wallets, approval, signal));
        const call = await useParticipant((participant) => participant.registrationCall(request, signature));
        await this.#ask('register', network, (wallets, signal) => this.#sendAs(wallet, wallets, call, signal));
      }
      registered = wallet;
    });
    return registered;
  }

  /** Lets the person's own wallet send transactions, one after the other. @throws MurmurError cancelled, refused, not-found */
  async send(calls: readonly ContractCall[], network: NetworkInfo): Promise<void> {
    for (const call of calls) await this.#ask('send', network, (wallets, signal) => wallets.send(call, signal));
  }

  readAuthorisations(): Promise<void> {
    return this.#do(async () => {
      this.authorisations = await useParticipant((participant) => participant.authorisations());
    });
  }

  /** Takes back what a wallet has authorised: a wallet of the page at once, the person's own by a transaction. */
  revoke({ task, wallet, local }: Authorisation, network: NetworkInfo): Promise<void> {
    return this.#do(async () => {
      if (local) {
        await useParticipant((participant) => participant.revokeLocally(task, wallet));
      } else {
        const call = await useParticipant((participant) => participant.revocationCall(task));
        await this.#ask('revoke', network, (wallets, signal) => this.#sendAs(wallet, wallets, call, signal));
      }
      this.authorisations = await useParticipant((participant) => participant.authorisations());
    });
  }

  /** A transaction that only one account may send. */
  async #sendAs(wallet: Hex, wallets: Wallets, call: ContractCall, signal: AbortSignal): Promise<void> {
    if (wallets.address().toLowerCase() !== wallet.toLowerCase()) {
      throw new MurmurError('conflict', 'another account is chosen in your wallet than the one that this is for', {
        hint: `Choose the account ${wallet} there, then try again.`,
        details: { wallet: 'account', wanted: wallet },
      });
    }
    await wallets.send(call, signal);
  }

  async #ask<T>(
    what: Asking,
    network: NetworkInfo,
    step: (wallets: Wallets, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const wallets = await this.#load(network);
    const controller = new AbortController();
    this.#waiting = controller;
    this.asking = what;
    try {
      return await step(wallets, controller.signal);
    } finally {
      if (this.#waiting === controller) {
        this.#waiting = undefined;
        this.asking = undefined;
      }
    }
  }

  async #readLocals(chosen = this.local): Promise<void> {
    this.locals = await useParticipant((participant) => participant.localWallets());
    const known = this.locals.find(({ address }) => address === chosen);
    this.local = (known ?? this.locals.find(({ inUse }) => !inUse) ?? this.locals[0])?.address;
    await this.#readBalance();
  }

  async #readBalance(): Promise<void> {
    this.balance = undefined;
    const { address } = this;
    if (address === undefined) return;
    // A chain that is away is told elsewhere; here only the figure is missing.
    const balance = await useParticipant((participant) => participant.balance(address)).catch(() => undefined);
    if (this.address === address) this.balance = balance;
  }

  #load(network: NetworkInfo): Promise<Wallets> {
    this.#wallets ??= this.#open(network).catch((error: unknown) => {
      this.#wallets = undefined;
      throw error;
    });
    return this.#wallets;
  }

  async #open(network: NetworkInfo): Promise<Wallets> {
    const { openWallets } = await import('../../chain/wallet.ts');
    return openWallets(network, {
      onConnection: (connection) => (this.connection = connection),
      onChoices: (choices) => (this.choices = choices),
    });
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
