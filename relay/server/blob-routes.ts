/**
 * Blobs over HTTP: whole and range reads (RFC 9110), and uploads in parts that go on where they stopped.
 *
 *   GET   /v1/blobs/:sha256            public, cached for ever: a name means the same bytes always
 *   POST  /v1/uploads                  {sha256, sizeBytes} -> {offset, complete}
 *   PATCH /v1/uploads/:sha256          Upload-Offset: N, bytes -> {offset, complete}; what arrived before a break is kept
 *   HEAD  /v1/uploads/:sha256          Upload-Offset, Upload-Length
 */
import { Hono } from 'hono';
import * as v from 'valibot';
import { type Hex, concatBytes } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { blobMissing, uploadMissing } from '../stores/failures.ts';
import { blobName, parseRange, pieces, readJson, wholeNumber } from './requests.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './sessions.ts';

const UploadBody = v.strictObject({
  sha256: v.string(),
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER)),
});
const MAX_OPEN_UPLOADS = 16;
/** Bytes read from and written to the store at a time. */
const PIECE_BYTES = 1 << 18;

export function blobRoutes(context: ServerContext): Hono {
  const { core, metrics, options, quotas, sessions } = context;
  const { store } = core;
  /** uploads that a request is writing to */
  const busy = new Set<string>();
  const app = new Hono();

  app.get('/blobs/:sha256', async (c) => {
    const name = blobName(c.req.param('sha256'));
    const sizeBytes = await store.blobSize(name);
    if (sizeBytes === undefined) throw blobMissing(name);
    const headers: Record<string, string> = {
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-disposition': 'attachment',
      'content-type': 'application/octet-stream',
      etag: `"${name}"`,
    };
    if (c.req.header('if-none-match') === headers['etag']) return new Response(null, { status: 304, headers });
    const range = parseRange(c.req.header('range'), sizeBytes);
    if (range === 'unsatisfiable') {
      return new Response(null, {
        status: 416,
        headers: { 'content-range': `bytes */${sizeBytes}`, 'cache-control': 'no-store' },
      });
    }
    const { offset, lengthBytes } = range ?? { offset: 0, lengthBytes: sizeBytes };
    headers['content-length'] = String(lengthBytes);
    if (range !== undefined) headers['content-range'] = `bytes ${offset}-${offset + lengthBytes - 1}/${sizeBytes}`;
    const status = range === undefined ? 200 : 206;
    if (c.req.method === 'HEAD') return new Response(null, { status, headers });
    return new Response(streamOf(name, offset, lengthBytes), { status, headers });
  });

  app.post('/uploads', async (c) => {
    const caller = await sessions.caller(c.req.header('authorization'));
    const body = await readJson(c.req.raw, 1024, UploadBody);
    const name = blobName(body.sha256);
    const { sizeBytes } = body;
    if (sizeBytes > core.options.maxBlobBytes) {
      throw new MurmurError(
        'too-large',
        `a blob has at most ${core.options.maxBlobBytes} bytes, this one has ${sizeBytes}`,
      );
    }
    if ((await store.uploadOffset(caller.name, name)) === undefined) {
      if ((await store.openUploads(caller.name)) >= MAX_OPEN_UPLOADS) {
        throw new MurmurError('too-large', `${MAX_OPEN_UPLOADS} uploads are open already`, {
          hint: 'Finish one first.',
        });
      }
      const { sizeBytes: stored } = await store.blobTotals();
      if (stored + sizeBytes > options.maxStoredBytes) {
        throw new MurmurError('too-large', 'this relay is full', { hint: 'Use another relay.' });
      }
    }
    const offset = await exclusively(caller, name, () => store.beginUpload(caller.name, name, sizeBytes));
    return c.json(await finishIfWhole(caller, name, offset, sizeBytes));
  });

  app.patch('/uploads/:sha256', async (c) => {
    const caller = await sessions.caller(c.req.header('authorization'));
    const name = blobName(c.req.param('sha256'));
    const offset = wholeNumber(c.req.header('upload-offset'), 0, 'Upload-Offset');
    const result = await exclusively(caller, name, async () => {
      const begun = await store.uploadOffset(caller.name, name);
      if (begun === undefined) throw uploadMissing(name);
      // The blob came whole from somebody else meanwhile: nothing is left to send.
      if (begun.offset === begun.sizeBytes && (await store.blobSize(name)) !== undefined)
        return { offset: begun.sizeBytes, complete: true };
      const reached = await receive(caller, name, offset, c.req.raw);
      return finishIfWhole(caller, name, reached, begun.sizeBytes);
    });
    return c.json(result, 200, { 'upload-offset': String(result.offset) });
  });

  app.get('/uploads/:sha256', async (c) => {
    const caller = await sessions.caller(c.req.header('authorization'));
    const name = blobName(c.req.param('sha256'));
    const upload = await store.uploadOffset(caller.name, name);
    if (upload === undefined) throw uploadMissing(name);
    const headers = {
      'upload-offset': String(upload.offset),
      'upload-length': String(upload.sizeBytes),
      'cache-control': 'no-store',
    };
    return c.json(upload, 200, headers);
  });

  /** Writes a request's body to an upload piece by piece; what came before a break of the connection stays. */
  async function receive(caller: Caller, name: Hex, from: number, request: Request): Promise<number> {
    let offset = from;
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    const flush = async () => {
      if (waitingBytes === 0) return;
      const bytes = concatBytes(...waiting);
      waiting = [];
      waitingBytes = 0;
      quotas.charge(caller.name, { bytes: bytes.length });
      metrics.bytesIn += bytes.length;
      offset = await store.appendUpload(caller.name, name, offset, bytes);
    };
    try {
      for await (const piece of pieces(request)) {
        waiting.push(piece);
        waitingBytes += piece.length;
        if (waitingBytes >= PIECE_BYTES) await flush();
      }
    } catch (error) {
      await flush().catch(() => undefined);
      throw error;
    }
    await flush();
    return offset;
  }

  async function finishIfWhole(caller: Caller, name: Hex, offset: number, sizeBytes: number) {
    if (offset < sizeBytes) return { offset, complete: false };
    await store.finishUpload(caller.name, name);
    return { offset, complete: true };
  }

  /** One request at a time writes to an upload. */
  async function exclusively<T>(caller: Caller, name: Hex, work: () => Promise<T>): Promise<T> {
    const key = `${caller.name}/${name}`;
    if (busy.has(key))
      throw new MurmurError('conflict', 'another request is sending these bytes', {
        hint: 'Wait for it, or try again.',
      });
    busy.add(key);
    try {
      return await work();
    } finally {
      busy.delete(key);
    }
  }

  function streamOf(name: Hex, from: number, lengthBytes: number): ReadableStream<Uint8Array> {
    let offset = from;
    const end = from + lengthBytes;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (offset >= end) return controller.close();
          const bytes = await store.readBlob(name, offset, Math.min(4 * PIECE_BYTES, end - offset));
          offset += bytes.length;
          metrics.bytesOut += bytes.length;
          controller.enqueue(bytes);
        },
      },
      { highWaterMark: 0 },
    );
  }

  return app;
}
