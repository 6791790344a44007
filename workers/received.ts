/** Bytes that this worker received, as the browser counts them (same origin; WebSocket traffic is not among them). */
export function countReceived(onChange: () => void): { readonly bytes: number } {
  const received = { bytes: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry instanceof PerformanceResourceTiming) received.bytes += entry.transferSize;
    }
    performance.clearResourceTimings();
    onChange();
  });
  observer.observe({ type: 'resource', buffered: true });
  return received;
}
