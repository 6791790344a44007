/** Ctrl-C and its kin: the first asks a command to stop in order, a later one ends it at once. */
import { hasCode } from '../../src/core/errors.ts';

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_MS = 2_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command under a signal that aborts when the process is asked to stop.
 * @returns whether it was
 */
export async function withSignals(run: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const controller = new AbortController();
  let askedAtMs: number | undefined;
  const stop = () => {
    askedAtMs ??= performance.now();
    if (performance.now() - askedAtMs > SAME_MS) process.exit(130);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    await run(controller.signal);
  } catch (error) {
    const wasAsked = controller.signal.aborted && (hasCode(error, 'cancelled', 'unreachable') || isAbort(error));
    if (!wasAsked) throw error;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
  return controller.signal.aborted;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
