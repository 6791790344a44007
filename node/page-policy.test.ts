/** The page's policy: where it may send to, by exact host and port. */
import { describe, expect, it } from 'vitest';
import { pageHeaders } from './page-policy.ts';

function connectSources(relayUrl: string, rpcUrl: string, page = 'http://127.0.0.1:4173/train'): readonly string[] {
  const policy = pageHeaders({ relayUrl, rpcUrl }, new URL(page))['content-security-policy'] ?? '';
  const [, sources = ''] = /connect-src ([^;]*)/.exec(policy) ?? [];
  return sources.split(' ');
}

describe('connect-src', () => {
  it('is the own origin and its WebSocket on the local network', () => {
    expect(connectSources('', '/rpc')).toEqual(["'self'", 'ws://127.0.0.1:4173']);
    expect(connectSources('', '/rpc', 'http://localhost:4173/')).toEqual(["'self'", 'ws://localhost:4173']);
    expect(connectSources('', '/rpc', 'http://[::1]:4173/')).toEqual(["'self'", 'ws://[::1]:4173']);
  });

  it('is relay and chain elsewhere, without their paths', () => {
    const sources = connectSources('https://relay.test/v1', 'https://rpc.test:8443/key');
    expect(sources).toEqual(["'self'", 'https://relay.test', 'wss://relay.test', 'https://rpc.test:8443']);
    expect(sources.some((source) => source.includes('*'))).toBe(false);
  });

  it('takes no host that could end the directive', () => {
    expect(connectSources('', '/rpc', 'http://a;b/')).toEqual(["'self'"]);
  });
});
