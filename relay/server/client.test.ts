/** RelayClient against a real relay on loopback, over connections that break. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bytes, equalBytes, toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { RelayClient } from '../../src/network/relay-client.ts';
import type { SequencedMessage } from '../../src/protocol/messages.ts';
import type { FetchFn } from '../../src/network/sender.ts';
import { type Fixture, openSocket, startFixture } from '../testing/relay-fixture.ts';

const bytesOf = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
const CHUNK = 100_000;

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

async function openRound(): Promise<void> {
  for (let id = 0; id < 4; id++) await fixture.client(id).announce(1n, id);
  await expect.poll(() => fixture.chain.writes.includes('open')).toBe(true);
}

/** A fetch that fails some calls, before or after they reached the relay. */
function breaking(fate: (call: number, method: string) => 'pass' | 'lose-request' | 'lose-answer'): FetchFn {
  let calls = 0;
  return async (input, init) => {
    const what = fate(++calls, init?.method ?? 'GET');
    if (what === 'lose-request') throw new TypeError('connection refused');
    const response = await fetch(input, init);
    if (what === 'pass') return response;
    await response.arrayBuffer();
    throw new TypeError('connection reset');
  };
}

describe('uploads', () => {
  it('arrive whole over a connection that loses every third request or answer', async () => {
    const fate = (call: number) =>
      (call % 3 === 0 ? 'lose-answer' : call % 3 === 1 ? 'lose-request' : 'pass') as 'pass';
    const client = fixture.client(0, { chunkBytes: CHUNK }, breaking(fate));
    const bytes = bytesOf(450_000);
    const name = await client.blobs.put(bytes);
    expect(name).toBe(toHex(await sha256(bytes)));
    expect(equalBytes(await fixture.client(1).blobs.get(name), bytes)).toBe(true);
    const total = fixture.ledger.totals().get('masked vector');
    expect(total?.sizeBytes).toBeGreaterThanOrEqual(450_000);
  });

  it('go on after the relay was restarted half-way', async () => {
    const bytes = bytesOf(450_000);
    let patches = 0;
    const client = fixture.client(0, { chunkBytes: CHUNK }, async (input, init) => {
      if (init?.method === 'PATCH' && ++patches === 3) await fixture.restart();
      return fetch(input, init);
    });
    const name = await client.blobs.put(bytes);
    expect(await fixture.relay.core.blobs.has(name)).toBe(true);
    // The token and the first two chunks outlived the restart.
    expect(patches).toBe(5);
    expect(fixture.ledger.totals().get('sign-in (signature of the session key)')?.requests).toBe(1);
    expect(await client.blobs.put(bytes)).toBe(name);
    expect(patches).toBe(5);
  });

  it('keep what arrived of a chunk whose connection was killed in the middle', async () => {
    const bytes = bytesOf(3_000_000);
    const sha = toHex(await sha256(bytes)).slice(2);
    const token = await fixture.token(0);
    const { port, origin } = new URL(fixture.relay.url);
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${origin}/v1/uploads`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ sha256: sha, sizeBytes: bytes.length }),
    });
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PATCH /v1/uploads/${sha} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nUpload-Offset: 0\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.write(bytes.slice(0, 1_000_000), resolve));
    const offset = async () =>
      Number((await fetch(`${origin}/v1/uploads/${sha}`, { method: 'HEAD', headers })).headers.get('upload-offset'));
    await expect.poll(offset).toBeGreaterThan(500_000);
    socket.destroy();
    await expect.poll(offset).toBe(1_000_000);
    const before = fixture.ledger.totals().get('masked vector')?.sizeBytes ?? 0;
    await fixture.client(0).blobs.put(bytes);
    expect((fixture.ledger.totals().get('masked vector')?.sizeBytes ?? 0) - before).toBe(2_000_000);
  });

  it('start again once when what an earlier attempt left is not these bytes', async () => {
    const bytes = bytesOf(200_000);
    const sha = toHex(await sha256(bytes));
    const { store } = fixture.relay.core;
    await store.beginUpload('t1-r0', sha, bytes.length);
    await store.appendUpload('t1-r0', sha, 0, new Uint8Array(150_000));
    expect(await fixture.client(0).blobs.put(bytes)).toBe(sha);
  });

  it('are told when the quota is used up, and how large a blob may be', async () => {
    await fixture.close();
    fixture = await startFixture({ limits: { bytesPerHour: 250_000 }, options: { maxBlobBytes: 400_000 } });
    const client = fixture.client(0, { chunkBytes: CHUNK });
    await expect(client.blobs.put(bytesOf(500_000))).rejects.toMatchObject({ code: 'too-large' });
    await expect(client.blobs.put(bytesOf(300_000))).rejects.toMatchObject({
      code: 'too-large',
      details: { status: 429 },
    });
    await fixture.client(1).blobs.put(bytesOf(200_000));
  });
});

describe('downloads', () => {
  it('go on from where they broke', async () => {
    const bytes = bytesOf(3_000_000);
    const name = await fixture.relay.core.blobs.put(bytes);
    const ranges: (string | null)[] = [];
    let broken = 0;
    const client = fixture.client(0, {}, async (input, init) => {
      ranges.push(new Headers(init?.headers).get('range'));
      const response = await fetch(input, init);
      if (++broken > 2 || response.body === null) return response;
      return new Response(cutAfter(response.body, 1_000_000), { status: response.status, headers: response.headers });
    });
    expect(equalBytes(await client.blobs.get(name), bytes)).toBe(true);
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBeNull();
    expect(ranges[2]).toMatch(/^bytes=[12]\d{6}-$/);
  });

  it('of wrong, missing or endless bytes fail as what they are', async () => {
    const name = await fixture.relay.core.blobs.put(utf8('right'));
    const wrong = fixture.client(0, {}, async () => new Response('wrong'));
    await expect(wrong.blobs.get(name)).rejects.toMatchObject({ code: 'bad-hash' });
    const endless = fixture.client(0, { maxBlobBytes: 100_000 }, async () => new Response(bytesOf(200_000)));
    await expect(endless.blobs.get(name)).rejects.toMatchObject({ code: 'too-large' });
    const client = fixture.client(0);
    await expect(client.blobs.get(`0x${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'not-found' });
    expect([await client.blobs.has(name), await client.blobs.has(`0x${'0'.repeat(64)}`)]).toEqual([true, false]);
  });
});

describe('messages', () => {
  /** Reads until so many have come. */
  async function readAll(client: RelayClient, count: number, from = 0): Promise<readonly SequencedMessage[]> {
    const got: SequencedMessage[] = [];
    await expect
      .poll(
        async () => {
          const next = (got.at(-1)?.sequence ?? from - 1) + 1;
          got.push(...(await client.messages(1n, next)));
          return got.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThanOrEqual(count);
    return got;
  }

  it.each([
    ['over a stream', openSocket],
    ['by polling', undefined],
  ])('come once and in order %s, across a restart', async (_, open) => {
    await openRound();
    const reader = fixture.client(3, { openSocket: open });
    for (const id of [0, 1]) await fixture.client(id).publish(await fixture.cohort.join(id, 1));
    const first = await readAll(reader, 2);
    await fixture.restart();
    for (const id of [2, 3]) await fixture.client(id).publish(await fixture.cohort.join(id, 1));
    const rest = await readAll(reader, 2, 3);
    expect([...first, ...rest].map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    const absent = fixture.client(2, { openSocket: open });
    expect(await readAll(absent, 4)).toEqual([...first, ...rest]);
    await expect.poll(async () => (await fixture.chain.round(1n, 1)).n).toBe(4);
  });

  it('arrive by the stream without asking', async () => {
    await openRound();
    const reader = fixture.client(3, { openSocket, checkMs: 60_000 });
    await reader.messages(1n, 0);
    let arrived = 0;
    reader.onMessage(1n, () => {
      arrived += 1;
    });
    await expect
      .poll(async () => (await (await fetch(`${fixture.relay.url}/metrics`)).text()).includes('murmur_relay_streams 1'))
      .toBe(true);
    await fixture.client(0).publish(await fixture.cohort.join(0, 1));
    await expect.poll(() => arrived).toBe(1);
    const polls = fixture.ledger.totals().get('reading messages')?.requests;
    expect(await reader.messages(1n, 0)).toHaveLength(1);
    expect(fixture.ledger.totals().get('reading messages')?.requests).toBe(polls);
  });

  it('that a relay altered do not reach the reader', async () => {
    const reader = fixture.client(0, {}, async () =>
      Response.json([{ sequence: 1, message: { task: '1', phase: 1 } }]),
    );
    await expect(reader.messages(1n, 0)).rejects.toMatchObject({ code: 'bad-input' });
    const shuffled = fixture.client(0, {}, async () => Response.json([{ sequence: 1, message: 0 }]));
    await expect(shuffled.messages(1n, 5)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('are kept once although the answer was lost, and refused to a reader without a key', async () => {
    await openRound();
    const lossy = fixture.client(
      0,
      {},
      breaking((call) => (call < 4 ? 'lose-answer' : 'pass')),
    );
    await lossy.publish(await fixture.cohort.join(0, 1));
    expect(await fixture.relay.core.store.logLength('1')).toBe(1);
    const reader = fixture.client(1, { signIn: undefined });
    await expect(reader.announce(1n, 1)).rejects.toMatchObject({ code: 'refused' });
    await expect(fixture.client(1).publish(await fixture.cohort.join(0, 1))).resolves.toBeUndefined();
    await expect(fixture.client(1).publish(await fixture.cohort.join(2, 1))).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('sessions', () => {
  it('are renewed when the relay has forgotten them', async () => {
    const client = fixture.client(0);
    await client.announce(1n, 0);
    const { store } = fixture.relay.core;
    for (const key of await store.listKeys('session/', 10)) await store.deleteValue(key);
    await client.announce(1n, 0);
    expect(await store.listKeys('session/', 10)).toHaveLength(1);
  });

  it('end with a typed error when the relay is gone or never answers', async () => {
    const gone = fixture.client(0, { url: 'http://127.0.0.1:1', retry: { deadlineMs: 300, firstPauseMs: 50 } });
    await expect(gone.announce(1n, 0)).rejects.toMatchObject({ code: 'unreachable' });
    const silent: FetchFn = (_input, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    const mute = fixture.client(0, { retry: { requestTimeoutMs: 100, deadlineMs: 300, firstPauseMs: 50 } }, silent);
    await expect(mute.announce(1n, 0)).rejects.toMatchObject({ code: 'timeout' });
    const controller = new AbortController();
    const waiting = fixture.client(0, {}, silent).announce(1n, 0, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('leave no token, signature or body in the ledger', async () => {
    const client = fixture.client(0);
    await client.blobs.put(bytesOf(1000));
    const text = JSON.stringify(fixture.ledger.entries());
    expect(text).not.toContain(await fixture.token(0));
    expect(text).toContain('upload offer');
    for (const entry of fixture.ledger.entries()) {
      // Nothing else may creep in: what an entry is about is a blob's hash, a step of a round or a transaction's hash.
      const { about, ...rest } = entry;
      expect(Object.keys(rest).sort()).toEqual([
        'destination',
        'id',
        'kind',
        'method',
        'outcome',
        'sha256',
        'sizeBytes',
        'timeMs',
      ]);
      for (const name of Object.keys(about ?? {})) expect(['blob', 'step', 'transaction']).toContain(name);
    }
  });
});

function cutAfter(body: ReadableStream<Uint8Array>, lengthBytes: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let passed = 0;
  return new ReadableStream({
    async pull(controller) {
      if (passed >= lengthBytes) return controller.error(new TypeError('terminated'));
      const { done, value } = await reader.read();
      if (done) return controller.close();
      passed += value.length;
      controller.enqueue(value);
    },
    cancel: () => reader.cancel(),
  });
}
