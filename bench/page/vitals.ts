/**
 * Core Web Vitals by the browser's own entries (web.dev/vitals): largest contentful paint, interaction to next paint, cumulative layout
 * shift; on a slow machine and network, as Lighthouse's mobile preset throttles through the DevTools protocol.
 */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';

export interface Vitals {
  readonly lcpMs: number;
  readonly inpMs: number;
  readonly cls: number;
}

/** Lighthouse's "slow 4G" with throttling applied by DevTools. */
const SLOW_4G = {
  offline: false,
  latency: 562.5,
  downloadThroughput: (1474.56 * 1024) / 8,
  uploadThroughput: (675 * 1024) / 8,
};
export const CPU_SLOWDOWN = 4;

interface Collected {
  lcp: number;
  interactions: Record<string, number>;
  cls: number;
}

declare global {
  interface Window {
    murmurVitals: Collected;
  }
}

/** Runs in the page before its own code. */
function collect(): void {
  const all: Collected = { lcp: 0, interactions: {}, cls: 0 };
  window.murmurVitals = all;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) all.lcp = Math.max(all.lcp, entry.startTime);
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { interactionId?: number })[]) {
      const id = String(entry.interactionId ?? 0);
      if (id !== '0') all.interactions[id] = Math.max(all.interactions[id] ?? 0, entry.duration);
    }
  }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
  // Session windows of at most 5 s with gaps below 1 s; the largest counts.
  let [window_, first, last] = [0, 0, 0];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (entry.hadRecentInput) continue;
      if (entry.startTime - last > 1000 || entry.startTime - first > 5000) {
        window_ = 0;
        first = entry.startTime;
      }
      last = entry.startTime;
      window_ += entry.value;
      all.cls = Math.max(all.cls, window_);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** A page under throttling, whose vitals are collected from its first moment. */
export async function openSlowPage(context: BrowserContext): Promise<{ page: Page; session: CDPSession }> {
  const page = await context.newPage();
  await page.addInitScript(collect);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  return { page, session };
}

/** What was collected since the page was loaded. With fewer than 50 interactions the worst one is the INP. */
export async function readVitals(page: Page): Promise<Vitals> {
  // An entry is queued a little after its frame.
  await page.waitForTimeout(500);
  const { lcp, interactions, cls } = await page.evaluate(() => window.murmurVitals);
  return { lcpMs: lcp, inpMs: Math.max(0, ...Object.values(interactions)), cls };
}
