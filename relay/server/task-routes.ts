/**
 * A task's log over HTTP. Reading is public: everything in it is made for everybody. Writing needs a session of that task, and
 * everybody writes only what they signed themselves.
 *
 *   POST /v1/sessions                          {task, registrationId, issuedAt, signature} -> {token, expiresAt}
 *   GET  /v1/tasks/:task/messages?from&limit   [{sequence, message}]
 *   POST /v1/tasks/:task/messages              message -> {sequence}
 *   POST /v1/tasks/:task/announce              {registrationId} -> 204
 */
import { Hono } from 'hono';
import * as v from 'valibot';
import { MAX_MESSAGE_BYTES } from '../../src/protocol/messages.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { LOG_PAGE } from '../core/store.ts';
import type { ServerContext } from './context.ts';
import { Unauthorised } from './failures.ts';
import { readJson, readUnknown, taskId, wholeNumber } from './requests.ts';
import { type Caller, SignInBody } from './sessions.ts';

const AnnounceBody = v.strictObject({ registrationId: v.number() });

export function taskRoutes({ core, metrics, quotas, sessions }: ServerContext): Hono {
  const app = new Hono();

  app.post('/sessions', async (c) => {
    const body = await readJson(c.req.raw, 1024, SignInBody);
    return c.json(await sessions.signIn(body, c.req.raw.signal), 201, { 'cache-control': 'no-store' });
  });

  app.get('/tasks/:task/messages', async (c) => {
    const task = taskId(c.req.param('task'));
    const from = wholeNumber(c.req.query('from'), 0, 'from');
    const limit = Math.max(1, Math.min(LOG_PAGE, wholeNumber(c.req.query('limit'), LOG_PAGE, 'limit')));
    const text = JSON.stringify(await core.messages(task, from, c.req.raw.signal, limit));
    metrics.bytesOut += text.length;
    return c.body(text, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  });

  app.post('/tasks/:task/messages', async (c) => {
    const caller = await callerOf(taskId(c.req.param('task')), c.req.header('authorization'));
    quotas.charge(caller.name, { messages: 1 });
    const value = await readUnknown(c.req.raw, MAX_MESSAGE_BYTES + 1024);
    if (typeof value === 'object' && value !== null && 'task' in value && value.task !== caller.task.toString()) {
      throw new MurmurError('bad-input', 'the message is for another task than the address says');
    }
    const { sequence, added } = await core.admit(value, caller.registrationId, c.req.raw.signal);
    if (added) metrics.messages += 1;
    return c.json({ sequence }, added ? 201 : 200);
  });

  app.post('/tasks/:task/announce', async (c) => {
    const caller = await callerOf(taskId(c.req.param('task')), c.req.header('authorization'));
    quotas.charge(caller.name, { messages: 1 });
    const { registrationId } = await readJson(c.req.raw, 1024, AnnounceBody);
    if (registrationId !== caller.registrationId) throw new Unauthorised('this session is for another registration');
    await core.announce(caller.task, caller.registrationId, c.req.raw.signal);
    return c.body(null, 204);
  });

  async function callerOf(task: bigint, header: string | undefined): Promise<Caller> {
    const caller = await sessions.caller(header);
    if (caller.task !== task) throw new Unauthorised('this session is for another task');
    return caller;
  }

  return app;
}
