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

const walletName = (network: string) => `wallet/${network}`;

/** The private key of the wallet that this page made for a network, if it made one. */
export function localWalletKey(vault: Vault, network: string): Promise<Bytes | undefined> {
  return vault.get(walletName(network));
}

/** Makes that wallet unless there is one: a second one would lose the first one's stake. */
export async function makeLocalWalletKey(vault: Vault, network: string): Promise<Bytes> {
  const known = await localWalletKey(vault, network);
  if (known !== undefined) return known;
  const secret = secureRandom(KEY_BYTES);
  await vault.put(walletName(network), secret);
  return secret;
}

/** @throws MurmurError not-found when the page made no wallet */
export async function requireLocalWalletKey(vault: Vault, network: string): Promise<Bytes> {
  const key = await localWalletKey(vault, network);
  if (key === undefined) throw new MurmurError('not-found', 'this page has made no wallet yet');
  return key;
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
