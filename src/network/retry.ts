/** Requests that end: each has a time limit, failures of the moment are tried again with growing pauses, all of it under a deadline. */
import type { Clock } from '../core/clock.ts';
import { throwIfCancelled } from '../core/clock.ts';
import { type ErrorCode, fromErrorData, hasCode, MurmurError } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import { readJson } from './read-body.ts';

export interface RetryOptions {
  /** for one small request, from sending to the last byte of the answer */
  readonly requestTimeoutMs: number;
  /** for one request that carries bulk */
  readonly transferTimeoutMs: number;
  /** for all tries together, counted from the last progress; short, because a phase does not wait and the chain is another way */
  readonly deadlineMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const DEFAULT_RETRY: RetryOptions = {
  requestTimeoutMs: 10_000,
  transferTimeoutMs: 60_000,
  deadlineMs: 8_000,
  firstPauseMs: 200,
  longestPauseMs: 3_000,
};

export interface RetryContext {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly retry: RetryOptions;
}

/**
 * Tries until it works, fails for good, or the deadline is over.
 * @param attempt gets a signal with the time limit of one request; `progress()` says that the try got on, which starts pauses and deadline anew
 * @param limitMs of one try
 * @throws MurmurError unreachable or timeout when the deadline passed, cancelled, or what the last try threw
 */
export async function retrying<T>(
  { clock, random, retry }: RetryContext,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal, progress: () => void) => Promise<T>,
  limitMs = retry.requestTimeoutMs,
): Promise<T> {
  let startedAtMs = clock.now();
  let pauseMs = retry.firstPauseMs;
  for (;;) {
    throwIfCancelled(signal);
    try {
      return await limited(limitMs, signal, (inner) =>
        attempt(inner, () => {
          pauseMs = retry.firstPauseMs;
          startedAtMs = clock.now();
        }),
      );
    } catch (error) {
      if (!isPassing(error)) throw error;
      const wait = Math.max(pauseMs * (0.5 + (random(1)[0] as number) / 256), retryAfterMs(error));
      if (clock.now() + wait - startedAtMs > retry.deadlineMs) throw error;
      await clock.sleep(wait, signal);
      pauseMs = Math.min(2 * pauseMs, retry.longestPauseMs);
    }
  }
}

/** Runs work under a time limit; what a host throws becomes unreachable, timeout or cancelled. */
async function limited<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(limitMs);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    return await work(both);
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof MurmurError) throw error;
    if (limit.aborted)
      throw new MurmurError('timeout', `the relay did not answer within ${limitMs} ms`, { cause: error });
    throw new MurmurError('unreachable', 'the relay does not answer', {
      hint: 'Check the connection; it is tried again by itself.',
      cause: error,
    });
  }
}

/** Whether the next try may work: nothing came back, or the relay said "later". */
function isPassing(error: unknown): boolean {
  if (hasCode(error, 'unreachable', 'timeout')) return true;
  return error instanceof MurmurError && (error.details['early'] === true || retryAfterMs(error) > 0);
}

function retryAfterMs(error: unknown): number {
  const seconds = error instanceof MurmurError ? error.details['retryAfterSeconds'] : undefined;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0;
}

const CODES: readonly string[] = [
  'bad-input',
  'bad-hash',
  'bad-signature',
  'bad-share',
  'refused',
  'not-found',
  'too-large',
  'timeout',
  'void',
  'unreachable',
  'unsupported',
  'cancelled',
  'conflict',
  'internal',
] satisfies ErrorCode[];

/** The longest error text that is read: a relay is not trusted with more. */
const MAX_TEXT = 500;
const MAX_ERROR_BYTES = 65_536;

/** The relay's error as it was thrown there; details keep only plain values. */
export async function errorOf(response: Response): Promise<MurmurError> {
  const fallback = new MurmurError(
    response.status >= 500 ? 'unreachable' : 'bad-input',
    `the relay answered ${response.status}`,
    {
      details: { status: response.status },
    },
  );
  let data: unknown;
  try {
    data = await readJson(response, MAX_ERROR_BYTES);
  } catch {
    return fallback;
  }
  if (typeof data !== 'object' || data === null) return fallback;
  const { code, message, hint, details } = data as Record<string, unknown>;
  if (typeof code !== 'string' || !CODES.includes(code) || typeof message !== 'string') return fallback;
  const plain = Object.entries(typeof details === 'object' && details !== null ? details : {}).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return fromErrorData({
    // A fault inside the relay is an absence to its client: it asks again.
    code: code === 'internal' ? 'unreachable' : (code as ErrorCode),
    message: message.slice(0, MAX_TEXT),
    hint: typeof hint === 'string' ? hint.slice(0, MAX_TEXT) : '',
    details: { ...Object.fromEntries(plain.slice(0, 16)), status: response.status },
  });
}
