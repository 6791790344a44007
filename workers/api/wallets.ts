/** Wallets made in the page, registrations, and what this browser may sign for. */
import type { Hex } from '../../src/core/bytes.ts';

/** EIP-712 data that the person's own wallet is asked to sign. Integers as decimal text. */
export interface TypedData {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: Hex;
  };
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, string>>;
}

/** A transaction for the person's own wallet to send. */
export interface ContractCall {
  readonly to: Hex;
  readonly data: Hex;
}

/** What the person's own wallet does to register: sign, and where the task has a stake, allow the contract to take it. */
export interface RegistrationRequest {
  readonly registration: TypedData;
  readonly approval?: ContractCall;
}

/** A wallet that this page made; its key lies encrypted in this browser. */
export interface LocalWallet {
  readonly address: Hex;
  /** another tab takes part with it now */
  readonly inUse: boolean;
}

/** A session key of this browser that a wallet has authorised for one task. */
export interface Authorisation {
  readonly task: string;
  readonly title: string;
  readonly wallet: Hex;
  /** address of the session key */
  readonly sessionKey: Hex;
  readonly registrationId: number;
  /** whether the contract still accepts it */
  readonly active: boolean;
  /** made in the page: revoked at a click; otherwise the person's own wallet sends the revocation */
  readonly local: boolean;
}

export interface WalletsApi {
  /** Oldest first. */
  localWallets(): Promise<readonly LocalWallet[]>;
  /** @throws MurmurError refused on a network that is not local */
  makeLocalWallet(): Promise<Hex>;
  /** The private key, as text. @throws MurmurError not-found */
  exportLocalWallet(wallet: Hex): Promise<Hex>;
  /**
   * The wallet as an encrypted JSON keystore (Web3 Secret Storage 3), which other wallets can read. Takes seconds.
   * @throws MurmurError not-found, bad-input for a password that is too short
   */
  exportKeystore(wallet: Hex, password: string): Promise<string>;
  /** Asks the local network for play money. @throws MurmurError refused, unreachable */
  takeFromFaucet(wallet: Hex): Promise<void>;
  /** FLOCK of a wallet, decimal text. */
  balance(wallet: Hex): Promise<string>;
  /** Whether the wallet has authorised this browser for the task already: then nothing has to be asked of it. */
  isRegistered(task: string, wallet: Hex): Promise<boolean>;
  /** What a wallet of the person's own has to sign before {@link registrationCall}. */
  requestRegistration(task: string, wallet: Hex): Promise<RegistrationRequest>;
  /** The transaction by which that wallet registers. */
  registrationCall(request: RegistrationRequest, signature: Hex): Promise<ContractCall>;
  /** Session keys of this browser that a wallet has authorised on this network. */
  authorisations(): Promise<readonly Authorisation[]>;
  /** Revokes with a wallet that the page made, and ends this tab's part in the task with it. @throws MurmurError not-found, refused */
  revokeLocally(task: string, wallet: Hex): Promise<void>;
  /** The transaction by which a wallet of the person's own revokes. */
  revocationCall(task: string): Promise<ContractCall>;
}
