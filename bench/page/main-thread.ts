/** The longest task of the page's main thread while something happens, from a trace of the browser itself. */
import type { Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** microseconds */
  readonly ts: number;
  readonly dur?: number;
  /** of the thread's own processor time */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface LongestTask {
  /** from start to end, whatever else the processor did meanwhile */
  readonly wallMs: number;
  /** processor time of the main thread itself, of the task with the most of it */
  readonly threadMs: number;
  readonly tasks: number;
}

/** Traces the page while `during` runs. */
export async function longestTask(page: Page, during: () => Promise<unknown>): Promise<LongestTask> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'] },
  });
  await during();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  return longestOf(events);
}

/** The main thread of the renderer that did most: the page's own, not that of an empty tab. */
function longestOf(events: readonly TraceEvent[]): LongestTask {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const byThread = mains.map(({ pid, tid }) =>
    events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && isTask(event.name)),
  );
  const busiest = byThread.sort((a, b) => b.length - a.length)[0] ?? [];
  return {
    wallMs: Math.max(0, ...busiest.map(({ dur = 0 }) => dur)) / 1000,
    threadMs: Math.max(0, ...busiest.map(({ tdur = 0 }) => tdur)) / 1000,
    tasks: busiest.length,
  };
}

function isTask(name: string): boolean {
  return name === 'RunTask' || name === 'ThreadControllerImpl::RunTask';
}
