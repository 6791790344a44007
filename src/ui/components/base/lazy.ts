/**
 * Parts that a page needs only once somebody acts: they are loaded when the page has become quiet, or at once when they are wanted, and
 * never count towards what a page needs before it shows.
 */

/** Loads a module once; a failed load is tried again by the next caller. */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/** Calls when the page has nothing else to do; a load that fails here is told when it is wanted. */
export function whenQuiet(load: () => Promise<unknown>): void {
  const start = () => void load().catch(() => undefined);
  if ('requestIdleCallback' in window) requestIdleCallback(start, { timeout: 10_000 });
  else setTimeout(start, 2_000);
}
