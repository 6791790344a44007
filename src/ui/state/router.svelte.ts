/** Paths without a reload: links stay ordinary links, so they open in new tabs and work from the keyboard. */
export class Router {
  path = $state(normalise(location.pathname));

  /** Starts to follow the address and ordinary clicks on links of this page. */
  start(): void {
    window.addEventListener('popstate', () => (this.path = normalise(location.pathname)));
    document.addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (link === null || !plain || event.defaultPrevented || link.target !== '' || link.hasAttribute('download'))
        return;
      if (link.origin !== location.origin || link.hash !== '') return;
      event.preventDefault();
      this.go(link.pathname);
    });
  }

  go(path: string): void {
    const next = normalise(path);
    if (next === this.path) return;
    history.pushState(null, '', next);
    // The address may have changed once more until then.
    afterPaint(() => {
      this.path = normalise(location.pathname);
      window.scrollTo(0, 0);
    });
  }
}

/** A press answers in the next frame; building another page, which takes longer on a slow machine, comes after it. */
function afterPaint(act: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(() => setTimeout(act));
  else act();
}

function normalise(path: string): string {
  const bare = path.replace(/\/(index\.html)?$/, '');
  return bare === '' ? '/' : bare;
}
