/**
 * The description of a task. Who creates one has no session here, so anybody may send it: the chain says which bytes it is.
 *
 *   PUT /v1/tasks/:task/spec   canonical JSON of the spec -> {sha256}
 */
import { Hono } from 'hono';
import { equalBytes, toHex } from '../../src/core/bytes.ts';
import { check, MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
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

  return app;
}
