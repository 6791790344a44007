/**
 * Turns of the event loop for a loop that would not give one up by itself: messages come in between, an abort among them. setImmediate
 * where there is one (Node, whose message ports would starve its timers), else a message port. Browser timers would wait 4 ms each, and
 * promises let no message in.
 */

/** @returns `next` ends after one turn, one call at a time; `close` when no more are wanted, else a port stays open */
export function createTurns(): { next(): Promise<void>; close(): void } {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined)
    return { next: () => new Promise((resolve) => void setImmediate(resolve)), close: () => {} };
  const { port1, port2 } = new MessageChannel();
  let resume = (): void => {};
  port1.onmessage = () => resume();
  return {
    next: () =>
      new Promise((resolve) => {
        resume = resolve;
        port2.postMessage(null);
      }),
    close: () => port1.close(),
  };
}
