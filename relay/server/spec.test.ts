/** Giving a relay the description of a task and its starting weights, without a session. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bytes, type Hex, toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { writeStart } from '../../src/model/start.ts';
import type { ModelSpec } from '../../src/protocol/model-spec.ts';
import { taskSpecBytes } from '../../src/protocol/task-spec.ts';
import { MAX_SPEC_BYTES } from '../../src/protocol/limits.ts';
import { type Fixture, startFixture } from '../testing/relay-fixture.ts';

const spec = heartTaskSpec();
const bytes = taskSpecBytes(spec);
const hashOf = async (value: Bytes): Promise<Hex> => toHex(await sha256(value));

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({ origins: ['http://page.test'] });
});
afterAll(() => fixture.close());

/** A task whose creator named these bytes. */
async function taskOf(named: Bytes): Promise<bigint> {
  return fixture.chain.addTask([], await hashOf(named));
}

const put = (task: bigint | string, body: Bytes) =>
  fetch(`${fixture.relay.url}/v1/tasks/${task}/spec`, { method: 'PUT', body });

async function expectError(response: Response, status: number, code: string): Promise<void> {
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, code: body['code'] }).toEqual({ status, code });
}

it('keeps the bytes that the chain names, from anybody, once, across a restart', async () => {
  const task = await taskOf(bytes);
  const sha = await hashOf(bytes);
  const first = await put(task, bytes);
  expect([first.status, await first.json()]).toEqual([201, { sha256: sha }]);
  const again = await put(task, bytes);
  expect([again.status, await again.json()]).toEqual([200, { sha256: sha }]);
  await fixture.restart();
  expect(await fixture.relay.core.blobs.get(sha)).toEqual(bytes);
  await fixture.relay.core.store.deleteBlob(sha);
  expect((await put(task, bytes)).status).toBe(201);
});

it('refuses other bytes, unknown tasks and too many bytes, and keeps none of it', async () => {
  const task = await taskOf(bytes);
  const other = taskSpecBytes({ ...spec, title: 'Another' });
  await expectError(await put(task, other), 422, 'bad-hash');
  expect(await fixture.relay.core.blobs.has(await hashOf(other))).toBe(false);
  await expectError(await put(task, new Uint8Array()), 422, 'bad-hash');
  await expectError(await put(999n, bytes), 404, 'not-found');
  await expectError(await put('zero', bytes), 400, 'bad-input');
  await expectError(await put(task, new Uint8Array(MAX_SPEC_BYTES + 1)), 413, 'too-large');
});

it('keeps no bytes that are no description, although a creator named them', async () => {
  const pretty = utf8(JSON.stringify(spec, null, 2));
  for (const named of [utf8('anything at all'), utf8('{"version":2}'), pretty]) {
    await expectError(await put(await taskOf(named), named), 400, 'bad-input');
    expect(await fixture.relay.core.blobs.has(await hashOf(named))).toBe(false);
  }
});

it('counts what is sent for a task, and leaves other tasks their own', async () => {
  const limited = await startFixture({ limits: { messagesPerHour: 2 } });
  try {
    const tasks = [limited.chain.addTask([], await hashOf(bytes)), limited.chain.addTask([], await hashOf(bytes))];
    const send = (task: bigint | undefined) =>
      fetch(`${limited.relay.url}/v1/tasks/${task}/spec`, { method: 'PUT', body: utf8('wrong') });
    for (const status of [422, 422, 429]) expect((await send(tasks[0])).status).toBe(status);
    expect((await send(tasks[1])).status).toBe(422);
  } finally {
    await limited.close();
  }
});

const model: ModelSpec = { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] };
const plain = { ...spec, model };
const weights = writeStart(plain, await initialWeights(plain, new Uint8Array(32).fill(1)));
const beginning = async (file: Bytes, title: string) => {
  const start = { sha256: await hashOf(file), bytes: file.length };
  return taskSpecBytes({ ...plain, title, model: { ...model, start } });
};
const putStart = (task: bigint, body: Bytes) =>
  fetch(`${fixture.relay.url}/v1/tasks/${task}/start`, { method: 'PUT', body });

it('keeps the starting weights that a description names, once it has the description', async () => {
  const named = await beginning(weights, 'Begins with a file');
  const task = await taskOf(named);
  await expectError(await putStart(task, weights), 404, 'not-found');
  await put(task, named);
  const first = await putStart(task, weights);
  expect([first.status, await first.json()]).toEqual([201, { sha256: await hashOf(weights) }]);
  expect((await putStart(task, weights)).status).toBe(200);
  expect(await fixture.relay.core.blobs.get(await hashOf(weights))).toEqual(weights);
  const none = await taskOf(bytes);
  await put(none, bytes);
  expect((await putStart(none, weights)).status).toBeGreaterThanOrEqual(400);
});

it('keeps no other file, and none that does not fit the model, although a creator named it', async () => {
  const other = weights.slice();
  other[other.length - 1] = (other.at(-1) as number) ^ 1;
  const named = await beginning(other, 'Begins with another file');
  const task = await taskOf(named);
  await put(task, named);
  await expectError(await putStart(task, weights), 422, 'bad-hash');
  await expectError(await putStart(task, new Uint8Array(weights.length + 1)), 413, 'too-large');
  const noModel = utf8('no safetensors file at all');
  const wrong = await beginning(noModel, 'Begins with nonsense');
  const second = await taskOf(wrong);
  await put(second, wrong);
  await expectError(await putStart(second, noModel), 400, 'bad-input');
  expect(await fixture.relay.core.blobs.has(await hashOf(noModel))).toBe(false);
  const client = fixture.client(0, { signIn: undefined });
  await client.publishStart(task, other);
  expect(await client.blobs.get(await hashOf(other))).toEqual(other);
  expect(fixture.ledger.totals().get('starting weights of a task (public)')).toMatchObject({ requests: 1 });
});

it('may be asked by a page of an allowed origin', async () => {
  const response = await fetch(`${fixture.relay.url}/v1/tasks/1/spec`, {
    method: 'OPTIONS',
    headers: { origin: 'http://page.test', 'access-control-request-method': 'PUT' },
  });
  expect(response.headers.get('access-control-allow-methods')).toContain('PUT');
});

it('is sent by a client without a key, over a lost connection, and stands in its ledger in plain words', async () => {
  const named = taskSpecBytes({ ...spec, title: 'By the client' });
  const task = await taskOf(named);
  let lost = false;
  const client = fixture.client(0, { signIn: undefined }, async (input, init) => {
    const response = await fetch(input, init);
    if (lost) return response;
    lost = true;
    throw new TypeError('connection reset');
  });
  await client.publishSpec(task, named);
  expect(await client.blobs.get(await hashOf(named))).toEqual(named);
  expect(fixture.ledger.totals().get('task description (public)')).toMatchObject({ requests: 2 });
  await expect(client.publishSpec(task, bytes)).rejects.toMatchObject({ code: 'bad-hash' });
  await expect(client.publishSpec(999n, bytes)).rejects.toMatchObject({ code: 'not-found' });
});
