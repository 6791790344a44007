/** Every wait of the relay ends: work that does not finish in time is aborted and its caller gets `timeout`. */
import type { Clock } from '../../src/core/clock.ts';
import { cancelled } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';

/** Why a signal aborts whose work has ended; a fixed text, because an Error with its stack for every call is dear. */
const ENDED = 'the work has ended';

/**
 * Runs `work` with a signal that aborts at the deadline or with the caller's signal, whichever comes first. Returns at that moment
 * even when `work` ignores its signal.
 * @throws MurmurError timeout, cancelled, or what `work` throws
 */
export async function withDeadline<T>(
  clock: Clock,
  limitMs: number,
  what: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw cancelled();
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const working = work(controller.signal);
  const limit = clock.sleep(limitMs, controller.signal).then(() => {
    throw new MurmurError('timeout', `${what} did not end within ${limitMs} ms`);
  });
  try {
    return await Promise.race([working, limit]);
  } finally {
    signal?.removeEventListener('abort', abort);
    controller.abort(ENDED);
    // The loser of the race may still fail; nobody waits for it any more.
    working.catch(() => undefined);
    limit.catch(() => undefined);
  }
}
