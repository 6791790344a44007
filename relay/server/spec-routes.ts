/**
 * The description of a task, and the file of weights that it starts from. Who creates a task has no session here, so anybody may send
 * them: the chain says which bytes the description is, and the description which bytes the file is.
 *
 *   PUT /v1/tasks/:task/spec    canonical JSON of the spec -> {sha256}
 *   PUT /v1/tasks/:task/start   safetensors file, after the spec -> {sha256}
 */
import { Hono } from 'hono';
import { equalBytes, type Hex, toHex } from '../../src/core/bytes.ts';
import { check, MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { readStart } from '../../src/model/start.ts';
import { parseTaskSpec, taskSpecBytes } from '../../src/protocol/task-spec.ts';
import { MAX_SPEC_BYTES } from '../../src/protocol/limits.ts';
import type { ServerContext } from './context.ts';
import { readBody, taskId } from './requests.ts';

export function specRoutes({ core, metrics, options, quotas }: ServerContext): Hono {
  const { store } = core;
  const app = new Hono();

  app.put('/tasks/:task/spec', async (c) => {
    const task = taskId(c.req.param('task'));
    // First the chain: only tasks that somebody paid for may take room among the quotas.
    const expected = await core.specHashOf(task, c.req.raw.signal);
    const caller = `spec-t${task}`;
    quotas.charge(caller, { messages: 1 });
    const bytes = await readBody(c.req.raw, MAX_SPEC_BYTES);
    quotas.charge(caller, { bytes: bytes.length });
    metrics.bytesIn += bytes.length;
    const actual = toHex(await sha256(bytes));
    if (actual !== expected) {
      throw new MurmurError('bad-hash', `task ${task} was created with another description`, {
        hint: 'Send the description whose SHA-256 is on chain.',
        details: { expected, actual },
      });
    }
    const known = (await store.blobSize(actual)) !== undefined;
    if (!known) {
      // A creator may put any hash on chain; what this relay keeps for ever is a description.
      check(equalBytes(taskSpecBytes(parseTaskSpec(bytes)), bytes), 'the description is not in its canonical form');
      const { sizeBytes: stored } = await store.blobTotals();
      if (stored + bytes.length > options.maxStoredBytes)
        throw new MurmurError('too-large', 'this relay is full', { hint: 'Use another relay.' });
      await store.putBlob(bytes);
    }
    return c.json({ sha256: actual }, known ? 200 : 201);
  });

  app.put('/tasks/:task/start', async (c) => {
    const task = taskId(c.req.param('task'));
    const specHash = await core.specHashOf(task, c.req.raw.signal);
    if ((await store.blobSize(specHash)) === undefined) {
      throw new MurmurError('not-found', `the description of task ${task} is not here yet`, {
        hint: 'Send the description first; it names the file.',
      });
    }
    const spec = parseTaskSpec(await store.readBlob(specHash));
    const { start } = spec.model;
    if (start === undefined) throw new MurmurError('refused', `task ${task} starts from no file`);
    const name = start.sha256 as Hex;
    if ((await store.blobSize(name)) !== undefined) return c.json({ sha256: name }, 200);
    // Room is asked for before a byte is read: the size is known, and so large a body is not taken in on trust.
    const { sizeBytes: stored } = await store.blobTotals();
    if (start.bytes > core.options.maxBlobBytes || stored + start.bytes > options.maxStoredBytes)
      throw new MurmurError('too-large', 'this relay has no room for the file', { hint: 'Use another relay.' });
    quotas.charge(`spec-t${task}`, { messages: 1, bytes: start.bytes });
    const bytes = await readBody(c.req.raw, start.bytes);
    metrics.bytesIn += bytes.length;
    // What this relay keeps for ever is a model that fits the task.
    await readStart(spec, start, bytes);
    await store.putBlob(bytes);
    return c.json({ sha256: name }, 201);
  });

  return app;
}
