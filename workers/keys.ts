/** Keys of this browser: the wallet that the page makes, and a session's keys by task and wallet. All lie in the vault. */
import { type Bytes, type Hex, concatBytes } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import { importX25519, type X25519KeyPair } from '../src/masking/keys.ts';
import type { Vault } from '../src/storage/vault.ts';

const KEY_BYTES = 32;

export interface SessionKeys {
  /** secp256k1, signs records and signs in to the relay */
  readonly secret: Bytes;
  /** X25519, receives encrypted shares */
  readonly channel: X25519KeyPair;
}

/** Sorts by age: 13 digits of milliseconds last until the year 2286. */
const walletName = (network: string, madeAtMs: number, wallet: Hex) => `wallet/${network}/${madeAtMs}/${wallet}`;

/** Addresses of the wallets that this page made for a network, oldest first. */
export async function localWallets(vault: Vault, network: string): Promise<readonly Hex[]> {
  return (await vault.names(`wallet/${network}/`)).map((name) => name.slice(name.lastIndexOf('/') + 1) as Hex);
}

/** The private key of a wallet, if this page made it. */
export async function localWalletKey(vault: Vault, network: string, wallet: Hex): Promise<Bytes | undefined> {
  const names = await vault.names(`wallet/${network}/`);
  const name = names.find((candidate) => candidate.endsWith(`/${wallet.toLowerCase()}`));
  return name === undefined ? undefined : vault.get(name);
}

/** Makes a wallet; its key is on disk when this resolves. */
export async function makeLocalWallet(
  vault: Vault,
  network: string,
  addressOf: (key: Bytes) => Promise<Hex>,
): Promise<Hex> {
  const secret = secureRandom(KEY_BYTES);
  const wallet = await addressOf(secret);
  await vault.put(walletName(network, Date.now(), wallet), secret);
  return wallet;
}

/** @throws MurmurError not-found when the page did not make that wallet */
export async function requireLocalWalletKey(vault: Vault, network: string, wallet: Hex): Promise<Bytes> {
  const key = await localWalletKey(vault, network, wallet);
  if (key === undefined) throw new MurmurError('not-found', 'this page did not make that wallet');
  return key;
}

/** Tasks and wallets that this browser has session keys for. */
export async function sessionsOf(vault: Vault, network: string): Promise<readonly { task: string; wallet: Hex }[]> {
  const prefix = `session/${network}/`;
  return (await vault.names(prefix)).map((name) => {
    const [task = '', wallet = ''] = name.slice(prefix.length).split('/');
    return { task, wallet: wallet as Hex };
  });
}

/** A key of this browser that stands for no person: it signs exports of the ledger when there is no session. */
export async function browserKey(vault: Vault): Promise<Bytes> {
  const name = 'ledger/signer';
  const known = await vault.get(name);
  if (known !== undefined) return known;
  const fresh = secureRandom(KEY_BYTES);
  await vault.put(name, fresh);
  return fresh;
}

/** The session's keys, made on first use and the same ever after: the chain knows them by the registration. */
export async function sessionKeys(vault: Vault, network: string, task: string, wallet: Hex): Promise<SessionKeys> {
  const name = `session/${network}/${task}/${wallet.toLowerCase()}`;
  let secret: Bytes | undefined = await vault.get(name);
  if (secret === undefined) {
    secret = concatBytes(secureRandom(KEY_BYTES), secureRandom(KEY_BYTES));
    await vault.put(name, secret);
  }
  return {
    secret: secret.slice(0, KEY_BYTES),
    channel: await importX25519(secret.slice(KEY_BYTES)),
  };
}
