/** Reading what a request says, with limits. */
import * as v from 'valibot';
import type { Bytes, Hex } from '../../src/core/bytes.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { MurmurError, check } from '../../src/core/errors.ts';

/** The whole body, at most that many bytes. @throws MurmurError too-large, bad-input when the connection ended early */
export async function readBody(request: Request, maxBytes: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of pieces(request)) {
    length += part.length;
    if (length > maxBytes) throw new MurmurError('too-large', `this request has at most ${maxBytes} bytes`);
    parts.push(part);
  }
  return concatBytes(...parts);
}

/** The body as it comes. */
export async function* pieces(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw new MurmurError('bad-input', 'the connection ended before the request did', { cause });
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** A JSON body that fits a schema. @throws MurmurError bad-input, too-large */
export async function readJson<T>(request: Request, maxBytes: number, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const result = v.safeParse(schema, await readUnknown(request, maxBytes));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new MurmurError('bad-input', `field ${v.getDotPath(issue) ?? '(root)'}: ${issue.message}`);
}

/** A JSON body, whatever it is. */
export async function readUnknown(request: Request, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new MurmurError('bad-input', 'the body is not JSON in UTF-8', { cause });
  }
}

export function blobName(text: string): Hex {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  check(/^[0-9a-f]{64}$/.test(digits), 'a blob is named by its SHA-256: 64 lower-case hexadecimal digits');
  return `0x${digits}`;
}

export function taskId(text: string): bigint {
  check(/^[1-9][0-9]{0,77}$/.test(text), 'a task is named by a positive decimal number');
  return BigInt(text);
}

/** A non-negative integer of a query or header; `fallback` when it is absent. */
export function wholeNumber(text: string | undefined | null, fallback: number, what: string): number {
  if (text === undefined || text === null || text === '') return fallback;
  check(/^[0-9]{1,15}$/.test(text), `${what} must be a non-negative integer`);
  return Number(text);
}

export type ByteRange = { readonly offset: number; readonly lengthBytes: number };

/**
 * One range of RFC 9110, section 14. Several ranges and other units are served whole, as the RFC allows.
 * @returns undefined for the whole, 'unsatisfiable' for 416
 */
export function parseRange(
  header: string | undefined | null,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '');
  if (match === null || match[0] === 'bytes=-') return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const suffix = Math.min(Number(last), sizeBytes);
    return suffix === 0 ? 'unsatisfiable' : { offset: sizeBytes - suffix, lengthBytes: suffix };
  }
  const offset = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (offset >= sizeBytes) return 'unsatisfiable';
  return end < offset ? undefined : { offset, lengthBytes: end - offset + 1 };
}
