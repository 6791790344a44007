/** Errors and cancellation across a worker's boundary, over a real MessageChannel. */
import { expose, type Remote, wrap } from 'comlink';
import { beforeEach, describe, expect, it } from 'vitest';
import { MurmurError } from '../../src/core/errors.ts';
import '../../src/threads/transfer.ts';

const api = {
  async typed(): Promise<void> {
    throw new MurmurError('bad-input', 'row 3 is wrong', { hint: 'Correct it.', details: { row: 3 } });
  },
  async plain(): Promise<void> {
    throw new TypeError('x is not a function');
  },
  async text(): Promise<void> {
    // What a careless library may throw.
    throw 'no';
  },
  async waitFor(signal: AbortSignal) {
    if (signal.aborted) return 'before';
    return new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('after')));
  },
};

let remote: Remote<typeof api>;
beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  expose(api, port1);
  remote = wrap<typeof api>(port2);
});

describe('errors', () => {
  it('arrive as they left', async () => {
    const error = await remote.typed().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(MurmurError);
    expect(error).toMatchObject({
      code: 'bad-input',
      message: 'row 3 is wrong',
      hint: 'Correct it.',
      details: { row: 3 },
    });
  });

  it('of any other kind arrive as internal', async () => {
    await expect(remote.plain()).rejects.toMatchObject({ code: 'internal', message: 'x is not a function' });
    await expect(remote.text()).rejects.toMatchObject({ code: 'internal', message: 'no' });
  });
});

describe('an AbortSignal', () => {
  it('follows the original', async () => {
    const controller = new AbortController();
    const answer = remote.waitFor(controller.signal);
    controller.abort();
    expect(await answer).toBe('after');
  });

  it('that has aborted already arrives so', async () => {
    expect(await remote.waitFor(AbortSignal.abort())).toBe('before');
  });
});
