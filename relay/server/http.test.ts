/** The relay's HTTP surface, as a stranger meets it. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, equalBytes, toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { type Fixture, startFixture } from '../testing/relay-fixture.ts';

const bytesOf = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);

let fixture: Fixture;
let token: string;
beforeAll(async () => {
  fixture = await startFixture({
    origins: ['http://page.test'],
    gasUsed: () => 42n,
    options: { maxBlobBytes: 2_000_000 },
    limits: { bytesPerHour: 10_000_000 },
    fetchFallback: (request) => new Response(`page ${new URL(request.url).pathname}`),
  });
  token = await fixture.token(0);
});
afterAll(() => fixture.close());

const call = (path: string, init: RequestInit = {}) => fetch(`${fixture.relay.url}${path}`, init);
const authorised = (extra: Record<string, string> = {}) => ({ authorization: `Bearer ${token}`, ...extra });
const post = (path: string, body: unknown, headers: Record<string, string> = authorised()) =>
  call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });

async function upload(bytes: Bytes, sha: string): Promise<Response> {
  await post('/v1/uploads', { sha256: sha, sizeBytes: bytes.length });
  return call(`/v1/uploads/${sha}`, { method: 'PATCH', body: bytes, headers: authorised({ 'upload-offset': '0' }) });
}

async function expectError(response: Response, status: number, code: string): Promise<void> {
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, code: body['code'] }).toEqual({ status, code });
  expect(Object.keys(body).sort()).toEqual(['code', 'details', 'hint', 'message']);
}

describe('blobs', () => {
  it('are read whole, in ranges, and never twice by a cache', async () => {
    const bytes = bytesOf(600_000);
    const sha = toHex(await sha256(bytes)).slice(2);
    expect(await (await upload(bytes, sha)).json()).toEqual({ offset: 600_000, complete: true });

    const whole = await call(`/v1/blobs/${sha}`, { headers: { origin: 'http://page.test' } });
    expect(whole.status).toBe(200);
    expect(whole.headers.get('cache-control')).toContain('immutable');
    expect(whole.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(whole.headers.get('access-control-allow-origin')).toBe('http://page.test');
    expect(whole.headers.get('access-control-expose-headers')).toContain('content-range');
    expect(whole.headers.get('content-length')).toBe('600000');
    expect(equalBytes(new Uint8Array(await whole.arrayBuffer()), bytes)).toBe(true);

    const range = async (header: string) => {
      const response = await call(`/v1/blobs/${sha}`, { headers: { range: header } });
      return {
        status: response.status,
        range: response.headers.get('content-range'),
        body: new Uint8Array(await response.arrayBuffer()),
      };
    };
    expect(await range('bytes=10-19')).toEqual({ status: 206, range: 'bytes 10-19/600000', body: bytes.slice(10, 20) });
    expect(await range('bytes=599990-')).toMatchObject({ status: 206, body: bytes.slice(599_990) });
    expect(await range('bytes=-5')).toMatchObject({ status: 206, body: bytes.slice(-5) });
    expect(await range('bytes=599999-9999999')).toMatchObject({ status: 206, range: 'bytes 599999-599999/600000' });
    expect(await range('bytes=600000-')).toMatchObject({ status: 416, range: 'bytes */600000' });
    expect(await range('bytes=-0')).toMatchObject({ status: 416 });
    expect(await range('lines=1-2')).toMatchObject({ status: 200 });

    const head = await call(`/v1/blobs/${sha}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '600000']);
    const etag = whole.headers.get('etag') ?? '';
    expect((await call(`/v1/blobs/${sha}`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('that nobody has, or that have no name, are 404 and 400', async () => {
    await expectError(await call(`/v1/blobs/${'0'.repeat(64)}`), 404, 'not-found');
    await expectError(await call('/v1/blobs/..%2f..%2fetc%2fpasswd'), 400, 'bad-input');
  });
});

describe('uploads', () => {
  it('go on where they stopped, and say where that is', async () => {
    const bytes = bytesOf(1000);
    const sha = toHex(await sha256(bytes)).slice(2);
    const patch = (offset: number, body: Bytes) =>
      call(`/v1/uploads/${sha}`, { method: 'PATCH', body, headers: authorised({ 'upload-offset': String(offset) }) });
    await expectError(await patch(0, bytes), 404, 'not-found');
    expect(await (await post('/v1/uploads', { sha256: sha, sizeBytes: 1000 })).json()).toEqual({
      offset: 0,
      complete: false,
    });
    expect(await (await patch(0, bytes.slice(0, 300))).json()).toEqual({ offset: 300, complete: false });
    const head = await call(`/v1/uploads/${sha}`, { method: 'HEAD', headers: authorised() });
    expect([head.headers.get('upload-offset'), head.headers.get('upload-length')]).toEqual(['300', '1000']);
    await expectError(await patch(200, bytes.slice(200)), 409, 'conflict');
    await expectError(await patch(300, bytes), 413, 'too-large');
    expect(await (await patch(300, bytes.slice(300))).json()).toEqual({ offset: 1000, complete: true });
    expect(await (await post('/v1/uploads', { sha256: sha, sizeBytes: 1000 })).json()).toEqual({
      offset: 1000,
      complete: true,
    });
  });

  it('with another hash are deleted', async () => {
    const sha = toHex(await sha256(utf8('right'))).slice(2);
    await expectError(await upload(utf8('wrong'), sha), 422, 'bad-hash');
    await expectError(await call(`/v1/blobs/${sha}`), 404, 'not-found');
    await expectError(await call(`/v1/uploads/${sha}`, { headers: authorised() }), 404, 'not-found');
  });

  it('are refused when too large, malformed or too many at once', async () => {
    const sha = 'ab'.repeat(32);
    await expectError(await post('/v1/uploads', { sha256: sha, sizeBytes: 2_000_001 }), 413, 'too-large');
    await expectError(await post('/v1/uploads', { sha256: sha, sizeBytes: 0 }), 400, 'bad-input');
    await expectError(await post('/v1/uploads', { sha256: 'x', sizeBytes: 1 }), 400, 'bad-input');
    await expectError(await post('/v1/uploads', '{'), 400, 'bad-input');
    await expectError(await post('/v1/uploads', `{"sha256":"${'a'.repeat(5000)}"}`), 413, 'too-large');
    const responses: Response[] = [];
    for (let i = 0; i < 20; i++)
      responses.push(await post('/v1/uploads', { sha256: i.toString(16).padStart(64, '0'), sizeBytes: 5 }));
    expect(responses.at(-1)?.status).toBe(413);
    expect(responses.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(16);
  });
});

describe('sessions', () => {
  const issued = () => Math.floor(Date.now() / 1000);
  const signIn = async (registrationId: number, signer: number, issuedAt = issued()) => ({
    task: '1',
    registrationId,
    issuedAt,
    signature: await (fixture.signers[signer] as (typeof fixture.signers)[0]).signIn(1n, registrationId, issuedAt),
  });

  it('are for the session key of the registration, fresh, and for its own task', async () => {
    expect((await post('/v1/sessions', await signIn(1, 1), {})).status).toBe(201);
    await expectError(await post('/v1/sessions', await signIn(1, 2), {}), 403, 'bad-signature');
    await expectError(
      await post('/v1/sessions', { ...(await signIn(1, 1)), registrationId: 0 }, {}),
      403,
      'bad-signature',
    );
    await expectError(await post('/v1/sessions', await signIn(9, 1), {}), 404, 'not-found');
    await expectError(await post('/v1/sessions', await signIn(1, 1, issued() - 130), {}), 409, 'refused');
    await expectError(await post('/v1/sessions', await signIn(1, 1, issued() + 130), {}), 409, 'refused');
    await expectError(
      await post('/v1/sessions', { ...(await signIn(1, 1)), signature: `0x${'11'.repeat(65)}` }, {}),
      403,
      'bad-signature',
    );
  });

  it('are asked for by every write', async () => {
    const paths: [string, string][] = [
      ['POST', '/v1/uploads'],
      ['PATCH', `/v1/uploads/${'0'.repeat(64)}`],
      ['GET', `/v1/uploads/${'0'.repeat(64)}`],
      ['POST', '/v1/tasks/1/messages'],
      ['POST', '/v1/tasks/1/announce'],
    ];
    for (const [method, path] of paths) {
      const body = method === 'GET' ? {} : { body: '{}' };
      await expectError(await call(path, { method, ...body }), 401, 'refused');
      await expectError(
        await call(path, { method, ...body, headers: { authorization: `Bearer ${'0'.repeat(64)}` } }),
        401,
        'refused',
      );
    }
    await expectError(await post('/v1/tasks/2/announce', {}), 401, 'refused');
  });

  it('survive a restart, and the store holds no token', async () => {
    const keys = await fixture.relay.core.store.listKeys('session/', 100);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join(' ')).not.toContain(token);
    await fixture.restart();
    expect((await post('/v1/tasks/1/announce', { registrationId: 0 })).status).toBe(204);
    await expectError(await post('/v1/tasks/1/announce', { registrationId: 1 }), 401, 'refused');
  });
});

describe('messages', () => {
  it('are written by their signer only, once, and read by anybody', async () => {
    for (let id = 0; id < 3; id++) await fixture.relay.core.announce(1n, id);
    await expect.poll(async () => fixture.chain.writes.includes('open')).toBe(true);
    const join = await fixture.cohort.join(0, 1);
    const first = await post('/v1/tasks/1/messages', join);
    expect([first.status, await first.json()]).toEqual([201, { sequence: 1 }]);
    const again = await post('/v1/tasks/1/messages', join);
    expect([again.status, await again.json()]).toEqual([200, { sequence: 1 }]);

    await expectError(await post('/v1/tasks/1/messages', await fixture.cohort.join(1, 1)), 409, 'refused');
    await expectError(
      await post('/v1/tasks/1/messages', {
        ...join,
        body: { ...join.body, selfMaskCommitment: `0x${'00'.repeat(32)}` },
      }),
      422,
      'bad-hash',
    );
    await expectError(await post('/v1/tasks/1/messages', { ...join, round: 7 }), 409, 'refused');
    await expectError(await post('/v1/tasks/1/messages', { ...join, task: '2' }), 400, 'bad-input');
    const otherDigest = join.record.slice(0, 20) + (join.record[20] === '0' ? '1' : '0') + join.record.slice(21);
    await expectError(await post('/v1/tasks/1/messages', { ...join, record: otherDigest }), 403, 'bad-signature');
    await expectError(await post('/v1/tasks/1/messages', 'x'.repeat(20_000)), 413, 'too-large');

    const read = await call('/v1/tasks/1/messages?from=0&limit=5');
    expect(await read.json()).toEqual([{ sequence: 1, message: join }]);
    expect(await (await call('/v1/tasks/1/messages?from=2')).json()).toEqual([]);
    await expectError(await call('/v1/tasks/1/messages?from=-1'), 400, 'bad-input');
    await expectError(await call('/v1/tasks/zero/messages'), 400, 'bad-input');
    expect((await fixture.chain.digests(1n, 1, Phase.Join)).size).toBeLessThanOrEqual(1);
  });
});

describe('the rest', () => {
  it('tells health and figures', async () => {
    expect(await (await call('/healthz')).json()).toEqual({ status: 'ok' });
    const text = await (await call('/metrics')).text();
    expect(text).toMatch(/^murmur_relay_requests_total\{method="POST",status="201"\} [1-9]/m);
    expect(text).toMatch(/^murmur_relay_gas_used_total 42$/m);
    expect(text).toMatch(/^murmur_relay_rounds_total\{outcome="opened"\} 1$/m);
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) |[a-z_]+(\{[^}]*\})? \d+$)/);
  });

  it('lets the page of its origin in, and no other', async () => {
    const preflight = (origin: string) =>
      call('/v1/uploads', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PATCH' } });
    expect((await preflight('http://page.test')).headers.get('access-control-allow-methods')).toContain('PATCH');
    expect((await preflight('http://evil.test')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('leaves other paths to the page', async () => {
    expect(await (await call('/index.html')).text()).toBe('page /index.html');
    await expectError(await call('/v1/nothing'), 404, 'not-found');
  });

  it('takes any bytes for a request without falling over', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ task: '1', round: 1, value })),
    );
    const paths = fc.constantFrom('/v1/sessions', '/v1/uploads', '/v1/tasks/1/messages', '/v1/tasks/1/announce');
    await fc.assert(
      fc.asyncProperty(paths, anything, async (path, body) => {
        const response = await post(path, body);
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    const headers = fc.record({ range: fc.string(), 'upload-offset': fc.string(), authorization: fc.string() });
    await fc.assert(
      fc.asyncProperty(headers, fc.webPath(), async (raw, path) => {
        const ascii = Object.fromEntries(
          Object.entries(raw).map(([name, value]) => [name, value.replace(/[^\x21-\x7e]/g, '')]),
        );
        const response = await call(`/v1${path}`, { headers: ascii });
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
    expect((await call('/healthz')).status).toBe(200);
  });
});
