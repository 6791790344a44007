/**
 * Secrets of this browser profile, encrypted at rest: AES-256-GCM under a key that the browser keeps and never hands out
 * (non-extractable WebCrypto key in IndexedDB).
 *
 * Guarantees: a copy of the stored bytes alone gives no secret away, and a value cannot be moved to another name.
 * Not: protection against code that runs on this page's origin; it may ask this vault like the page does.
 */
import { type Bytes, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import type { Database, SealedValue } from './database.ts';

const VAULT_KEY = 'vault';
const NONCE_BYTES = 12;

export interface Vault {
  /** Stores a secret under a name, replacing an older one. */
  put(name: string, secret: Bytes): Promise<void>;
  /** @throws MurmurError bad-hash when the stored bytes were altered */
  get(name: string): Promise<Bytes | undefined>;
  delete(name: string): Promise<void>;
  /** Encrypts what is stored elsewhere; the name is authenticated with it. */
  seal(name: string, value: Bytes): Promise<SealedValue>;
  /** @throws MurmurError bad-hash when the stored bytes were altered */
  open(name: string, sealed: SealedValue): Promise<Bytes>;
  /** Names that begin with an ASCII prefix, sorted; names are not secret. */
  names(prefix: string): Promise<readonly string[]>;
}

export function openVault(database: Database, random: RandomBytes): Vault {
  const seal = async (name: string, value: Bytes): Promise<SealedValue> => {
    const key = await vaultKey(database);
    const nonce = random(NONCE_BYTES);
    return { nonce, sealed: new Uint8Array(await crypto.subtle.encrypt(cipher(name, nonce), key, value)) };
  };
  const unseal = async (name: string, { nonce, sealed }: SealedValue): Promise<Bytes> => {
    try {
      const key = await vaultKey(database);
      return new Uint8Array(await crypto.subtle.decrypt(cipher(name, nonce), key, sealed));
    } catch (cause) {
      throw new MurmurError('bad-hash', `what is stored as ${name} cannot be opened`, {
        hint: "Clear this site's stored data and start again.",
        cause,
      });
    }
  };
  return {
    seal,
    open: unseal,
    async put(name, secret) {
      const sealed = await seal(name, secret);
      const transaction = database.connection().transaction('secrets', 'readwrite', { durability: 'strict' });
      await Promise.all([transaction.store.put(sealed, name), transaction.done]);
    },
    async get(name) {
      const stored = await database.connection().get('secrets', name);
      return stored && unseal(name, stored);
    },
    delete: (name) => database.connection().delete('secrets', name),
    names: (prefix) => database.connection().getAllKeys('secrets', IDBKeyRange.bound(prefix, `${prefix}\uffff`)),
  };
}

function cipher(name: string, nonce: Bytes) {
  return { name: 'AES-GCM', iv: nonce, additionalData: utf8(name) };
}

/** The profile's key. Two tabs that start at once agree on the one that was stored first. */
async function vaultKey(database: Database): Promise<CryptoKey> {
  const known = await database.connection().get('vault', VAULT_KEY);
  if (known !== undefined) return known;
  const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const transaction = database.connection().transaction('vault', 'readwrite', { durability: 'strict' });
  const first = await transaction.store.get(VAULT_KEY);
  if (first === undefined) await transaction.store.put(fresh, VAULT_KEY);
  await transaction.done;
  return first ?? fresh;
}
