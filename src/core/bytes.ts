/**
 * Bounded bytes: hex, concatenation, and a reader and writer that cannot run past their end.
 * All integers on Murmur's wire are big-endian unless a format (safetensors, packed vectors) says otherwise.
 */
import { MurmurError, check } from './errors.ts';

/** Bytes over a plain ArrayBuffer: what WebCrypto, fetch and transferables accept. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** One array from many. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Float32 values as the same bytes on every host; a view of them where the host keeps them like that. */
export function littleEndianBytes(values: Float32Array): Uint8Array {
  if (LITTLE_ENDIAN) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  return new Uint8Array(view.buffer);
}

/** Equality without early exit; for public and secret values alike. Lengths are public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export type Hex = `0x${string}`;

/** Lower-case hex with 0x. */
export function toHex(bytes: Uint8Array): Hex {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return `0x${text}`;
}

/** Value of the ASCII code of a hexadecimal digit. */
function nibble(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87;
}

/**
 * Bytes of a hex text with or without 0x.
 * @param lengthBytes when given, any other length is `bad-input`
 */
export function fromHex(text: string, lengthBytes?: number): Bytes {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  check(digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits), 'text is not hexadecimal bytes');
  if (lengthBytes !== undefined) {
    check(digits.length === 2 * lengthBytes, `expected ${lengthBytes} bytes, got ${digits.length / 2}`);
  }
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++)
    out[i] = (nibble(digits.charCodeAt(2 * i)) << 4) | nibble(digits.charCodeAt(2 * i + 1));
  return out;
}

/** A non-negative integer as big-endian bytes of a fixed length. */
export function uintBytes(value: number | bigint, lengthBytes: number): Bytes {
  check(typeof value === 'bigint' || Number.isSafeInteger(value), `${value} is not an integer`);
  let rest = BigInt(value);
  check(rest >= 0n && rest < 1n << BigInt(8 * lengthBytes), `integer does not fit ${lengthBytes} bytes`);
  const out = new Uint8Array(lengthBytes);
  for (let i = lengthBytes - 1; i >= 0; i--) {
    out[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return out;
}

/** Big-endian bytes as a non-negative integer. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(toHex(bytes));
}

/** Reads a message front to back; every read is checked against the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** A copy of the next bytes. */
  take(lengthBytes: number): Bytes {
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0 || lengthBytes > this.remaining) {
      throw new MurmurError('bad-input', `message ends after ${this.remaining} bytes where ${lengthBytes} are needed`);
    }
    // Not slice(): Node's Buffer overrides it with a view.
    const out = new Uint8Array(this.#bytes.subarray(this.#offset, this.#offset + lengthBytes));
    this.#offset += lengthBytes;
    return out;
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u16(): number {
    return Number(bytesToBigInt(this.take(2)));
  }

  u32(): number {
    return Number(bytesToBigInt(this.take(4)));
  }

  /** Throws `bad-input` unless all was read. */
  end(): void {
    check(this.remaining === 0, `message has ${this.remaining} bytes too many`);
  }
}
