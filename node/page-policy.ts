/** Headers of the page: cross-origin isolation, and a policy that lets nothing in from elsewhere and nothing out to elsewhere. */

/** Where the page may send to, as the network describes itself; addresses may be relative to the page's own. */
export interface Reachable {
  readonly relayUrl: string;
  readonly rpcUrl: string;
}

/**
 * What the browser lets the page do. It may speak to its own origin, the relay (over WebSocket too) and the chain's endpoint, each by
 * exact host and port, and to nobody else. This is the one place that says so.
 * @param pageUrl any address of the page
 */
function contentPolicy({ relayUrl, rpcUrl }: Reachable, pageUrl: URL): string {
  const relay = new URL(relayUrl, pageUrl);
  const sources = [sourceOf(relay), sourceOf(relay).replace(/^http/, 'ws'), sourceOf(new URL(rpcUrl, pageUrl))];
  const own = sourceOf(pageUrl);
  const connect = ["'self'", ...new Set(sources.filter((source) => source !== own && source !== ''))];
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connect.join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** An origin as a policy names it; empty for a host that could mean something else there, such as one with a semicolon. */
function sourceOf({ protocol, host }: URL): string {
  const isPlain = /^https?:$/.test(protocol) && /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?$/.test(host);
  return isPlain ? `${protocol}//${host}` : '';
}

/** Headers of everything that the page's server answers. @param pageUrl address that was asked */
export function pageHeaders(reachable: Reachable, pageUrl: URL): Readonly<Record<string, string>> {
  return {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': contentPolicy(reachable, pageUrl),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}
