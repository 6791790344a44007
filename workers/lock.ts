/** Web Locks: one tab of a browser owns a participation. A lock ends with its tab, also when the tab crashes. */

/** What the locks of all participations of this browser begin with. */
export const LOCK = 'murmur/participation/';

/** Takes the lock now, or not at all. @returns the way to give it back */
export function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/**
 * Waits until every other tab has given the lock back.
 * @returns the way to give it back; rejects when the signal aborts first
 */
export function waitForLock(name: string, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, { signal }, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

/** Takes the lock if it becomes free within that time. */
export async function lockWithin(name: string, timeoutMs: number): Promise<(() => void) | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await waitForLock(name, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

/** Names of the locks that any tab of this browser holds now. */
export async function heldLocks(prefix: string): Promise<readonly string[]> {
  const { held } = await navigator.locks.query();
  return (held ?? []).flatMap(({ name }) => (name?.startsWith(prefix) ? [name] : []));
}
