import { afterEach, describe, expect, test, vi } from 'vitest';
import { createTurns } from './turns.ts';

describe.each(['setImmediate', 'a message port'] as const)('a turn by %s', (way) => {
  afterEach(() => vi.unstubAllGlobals());

  test('ends after what was queued before it, as often as it is asked for', async () => {
    if (way === 'a message port') vi.stubGlobal('setImmediate', undefined);
    const turns = createTurns();
    const order: string[] = [];
    for (const name of ['first', 'second']) {
      queueMicrotask(() => order.push(name));
      await turns.next();
      order.push('turn');
    }
    turns.close();
    expect(order).toEqual(['first', 'turn', 'second', 'turn']);
  });
});
