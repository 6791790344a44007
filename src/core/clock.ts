/** Time as an argument: real in a tab or in Node, virtual in the simulation. */
import { MurmurError } from './errors.ts';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after that many milliseconds; rejects with `cancelled` when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The error that an aborted wait throws. */
export function cancelled(): MurmurError {
  return new MurmurError('cancelled', 'the step was cancelled');
}

/** Throws `cancelled` when the signal has aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}
