/**
 * Blobs over a connection that may break at any byte: uploads go on from the offset that the relay has, downloads from what is here.
 * Downloaded bytes are checked against the hash that names them before anybody sees them.
 */
import { type Bytes, type Hex, concatBytes, toHex } from '../core/bytes.ts';
import { hasCode, MurmurError } from '../core/errors.ts';
import { sha256 as hash } from '../core/hash.ts';
import { KIND } from './kinds.ts';
import { bodyOf, readJson } from './read-body.ts';
import { errorOf, retrying, type RetryContext } from './retry.ts';
import type { FetchFn, Sender } from './sender.ts';

export interface TransferContext extends RetryContext {
  readonly url: string;
  readonly sender: Sender;
  readonly chunkBytes: number;
  readonly maxBlobBytes: number;
  /** A fetch with the session's token, signing in first when there is none or it has expired. */
  authorised(fetchFn: FetchFn, url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response>;
}

interface UploadState {
  readonly offset: number;
  readonly complete: boolean;
}

/**
 * Uploads bytes whole; what is at the relay already is not sent again.
 * @param kind what they are, for the ledger
 */
export async function uploadBlob(
  context: TransferContext,
  bytes: Bytes,
  kind: string,
  signal?: AbortSignal,
): Promise<Hex> {
  const { url, sender, chunkBytes } = context;
  const sha256 = toHex(await hash(bytes));
  const offer = (inner: AbortSignal) => {
    const body = JSON.stringify({ sha256, sizeBytes: bytes.length });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: inner };
    return context
      .authorised(sender.fetchAs(KIND.uploadOffer, { blob: sha256 }), `${url}/v1/uploads`, init)
      .then(readState);
  };
  const sendFrom = (offset: number, inner: AbortSignal) => {
    const body = bytes.slice(offset, offset + chunkBytes);
    const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) };
    const init = { method: 'PATCH', headers, body, signal: inner };
    return context
      .authorised(sender.fetchAs(kind, { blob: sha256 }), `${url}/v1/uploads/${sha256.slice(2)}`, init)
      .then(readState);
  };

  let state: UploadState | undefined;
  let spoiled = false;
  while (state?.complete !== true) {
    const before: UploadState | undefined = state;
    let retried = false;
    state = await retrying(
      context,
      signal,
      async (inner, progress) => {
        // After a failure the relay is asked where the upload stands: part of the chunk may have arrived.
        try {
          const from = retried || before === undefined ? await offer(inner) : before;
          retried = true;
          const next = from.complete ? from : await sendFrom(from.offset, inner);
          progress();
          return next;
        } catch (error) {
          retried = true;
          if (hasCode(error, 'conflict'))
            throw new MurmurError('unreachable', 'the upload stands elsewhere', { cause: error });
          if (!hasCode(error, 'bad-hash', 'not-found') || spoiled) throw error;
          // What an earlier attempt left there was not these bytes, or was tidied away: once more from the start.
          spoiled = true;
          throw new MurmurError('unreachable', 'the relay lost the upload', { cause: error });
        }
      },
      context.retry.transferTimeoutMs,
    );
    if (before !== undefined && !spoiled && !state.complete && state.offset <= before.offset) {
      throw new MurmurError('unreachable', 'the relay takes no more bytes of this upload');
    }
  }
  return sha256;
}

async function readState(response: Response): Promise<UploadState> {
  if (!response.ok) throw await errorOf(response);
  const { offset, complete } = (await readJson(response, 1024)) as Record<string, unknown>;
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 && typeof complete === 'boolean')
    return { offset, complete };
  throw new MurmurError('unreachable', 'the relay does not say where the upload stands');
}

/** Downloads a blob and checks it. @throws MurmurError not-found, bad-hash, too-large, unreachable, timeout */
export async function downloadBlob(context: TransferContext, sha256: Hex, signal?: AbortSignal): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let have = 0;
  await retrying(
    context,
    signal,
    async (inner, progress) => {
      const init: RequestInit = { signal: inner };
      if (have > 0) init.headers = { range: `bytes=${have}-` };
      const response = await context.sender.fetchAs(KIND.readBlob)(`${context.url}/v1/blobs/${sha256.slice(2)}`, init);
      if (response.status === 416) return; // all of it is here: the hash decides
      if (!response.ok) throw await errorOf(response);
      if (have > 0 && response.status !== 206) {
        parts.length = 0;
        have = 0;
      }
      const announced = Number(response.headers.get('content-length') ?? '0');
      for await (const part of bodyOf(response)) {
        parts.push(part);
        have += part.length;
        if (have > context.maxBlobBytes)
          throw new MurmurError('too-large', `a blob has at most ${context.maxBlobBytes} bytes`);
        progress();
      }
      const whole = sizeFrom(response) ?? announced;
      if (whole > 0 && have < whole) throw new MurmurError('unreachable', `the download broke off after ${have} bytes`);
    },
    context.retry.transferTimeoutMs,
  );
  const bytes = concatBytes(...parts);
  const actual = toHex(await hash(bytes));
  if (actual === sha256) return bytes;
  throw new MurmurError('bad-hash', 'the relay sent bytes that are not the ones asked for', {
    hint: 'Nothing of it was used. Another relay may have the right ones.',
    details: { expected: sha256, actual },
  });
}

/** Whole size according to Content-Range. */
function sizeFrom(response: Response): number | undefined {
  const [, size] = /^bytes [0-9]+-[0-9]+\/([0-9]{1,15})$/.exec(response.headers.get('content-range') ?? '') ?? [];
  return size === undefined ? undefined : Number(size);
}

/** Whether the relay has a blob. */
export async function hasBlob(context: TransferContext, sha256: Hex, signal?: AbortSignal): Promise<boolean> {
  return retrying(context, signal, async (inner) => {
    const url = `${context.url}/v1/blobs/${sha256.slice(2)}`;
    const response = await context.sender.fetchAs(KIND.readBlob)(url, { method: 'HEAD', signal: inner });
    if (response.ok || response.status === 404) return response.ok;
    throw await errorOf(response);
  });
}
