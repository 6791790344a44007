/**
 * The part of WebCrypto that Murmur uses, over Node's synchronous crypto: results are the same bytes (a test compares them), but each
 * promise settles in the order of the calls, so a simulated run is the same every time, and faster.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

interface SyncKey {
  readonly algorithm: { name: string };
  readonly raw?: Uint8Array;
  readonly object?: KeyObject;
}

type Source = ArrayBufferView | ArrayBuffer;

function view(data: Source): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex');

/** Parsing a key costs more than using it, and a round uses each many times. */
const parsedKeys = new Map<string, KeyObject>();
const MAX_PARSED_KEYS = 4096;

function x25519Key(format: string, bytes: Uint8Array): KeyObject {
  const name = Buffer.from(bytes).toString('latin1');
  let key = parsedKeys.get(name);
  if (!key) {
    if (parsedKeys.size >= MAX_PARSED_KEYS) parsedKeys.clear();
    key =
      format === 'raw'
        ? createPublicKey({ key: Buffer.concat([SPKI_X25519, bytes]), format: 'der', type: 'spki' })
        : createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
    parsedKeys.set(name, key);
  }
  return key;
}

interface Algorithm {
  readonly name: string;
  readonly public?: SyncKey;
  readonly salt?: Source;
  readonly info?: Source;
  readonly counter?: Source;
  readonly iv?: Source;
  readonly additionalData?: Source;
}

function named(algorithm: string | Algorithm): Algorithm {
  return typeof algorithm === 'string' ? { name: algorithm } : algorithm;
}

const subtle = {
  async digest(_: string, data: Source): Promise<ArrayBuffer> {
    return buffer(createHash('sha256').update(view(data)).digest());
  },
  async importKey(format: string, data: Source, algorithm: string | Algorithm): Promise<SyncKey> {
    const { name } = named(algorithm);
    const bytes = view(data).slice();
    if (name !== 'X25519') return { algorithm: { name }, raw: bytes };
    return { algorithm: { name }, object: x25519Key(format, bytes) };
  },
  async deriveBits(algorithm: Algorithm, key: SyncKey, length: number): Promise<ArrayBuffer> {
    if (algorithm.name === 'X25519') {
      return buffer(
        diffieHellman({ privateKey: key.object as KeyObject, publicKey: algorithm.public?.object as KeyObject }),
      );
    }
    const { salt, info } = algorithm;
    return hkdfSync('sha256', key.raw as Uint8Array, view(salt as Source), view(info as Source), length / 8);
  },
  async encrypt(algorithm: Algorithm, key: SyncKey, data: Source): Promise<ArrayBuffer> {
    const raw = key.raw as Uint8Array;
    if (algorithm.name === 'AES-CTR') {
      return buffer(
        createCipheriv(`aes-${8 * raw.length}-ctr` as 'aes-128-ctr', raw, view(algorithm.counter as Source)).update(
          view(data),
        ),
      );
    }
    const cipher = createCipheriv('aes-256-gcm', raw, view(algorithm.iv as Source));
    if (algorithm.additionalData) cipher.setAAD(view(algorithm.additionalData));
    return buffer(Buffer.concat([cipher.update(view(data)), cipher.final(), cipher.getAuthTag()]));
  },
  async decrypt(algorithm: Algorithm, key: SyncKey, data: Source): Promise<ArrayBuffer> {
    const sealed = view(data);
    const decipher = createDecipheriv('aes-256-gcm', key.raw as Uint8Array, view(algorithm.iv as Source));
    if (algorithm.additionalData) decipher.setAAD(view(algorithm.additionalData));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return buffer(Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()]));
  },
};

/** Replaces the host's crypto for this process; returns what puts it back. */
export function useSynchronousCrypto(): () => void {
  const host = globalThis.crypto;
  const replacement = { subtle, getRandomValues: host.getRandomValues.bind(host) };
  Object.defineProperty(globalThis, 'crypto', { value: replacement, configurable: true, writable: true });
  return () => Object.defineProperty(globalThis, 'crypto', { value: host, configurable: true, writable: true });
}
