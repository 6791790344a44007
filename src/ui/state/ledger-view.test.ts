/** Pages of the ledger put together. */
import { describe, expect, it } from 'vitest';
import type { LedgerPage, LedgerView } from '../../../workers/api/ledger.ts';
import { explorerLink, NOTHING_LISTED, withNewer, withOlder } from './ledger-view.ts';

const entry = (id: number): LedgerView => ({
  id,
  atMs: id,
  destination: 'http://a.test/',
  method: 'POST',
  what: 'message',
  sizeBytes: 1,
  sha256: '0x',
});
const page = (ids: readonly number[], newest: number, next?: number): LedgerPage => ({
  entries: ids.map(entry),
  totals: { requests: 0, bytesUp: 0, kinds: [] },
  newest,
  ...(next !== undefined && { next }),
});
const listed = (ids: readonly number[], newest: number, next?: number) => ({ entries: ids.map(entry), next, newest });

describe('withNewer', () => {
  it('begins with the first page', () => {
    expect(withNewer(NOTHING_LISTED, page([2, 1], 2))).toEqual(listed([2, 1], 2));
    expect(withNewer(NOTHING_LISTED, page([], 9, 4))).toEqual(listed([], 9, 4));
  });

  it('puts what came since in front', () => {
    expect(withNewer(listed([4, 3], 5, 3), page([8, 6], 9))).toEqual(listed([8, 6, 4, 3], 9, 3));
    expect(withNewer(listed([4, 3], 5, 3), page([], 9))).toEqual(listed([4, 3], 9, 3));
  });

  it('begins anew where it cannot know what lies between', () => {
    expect(withNewer(listed([4, 3], 4, 3), page([9, 8], 9, 8))).toEqual(listed([9, 8], 9, 8));
  });
});

it('puts older ones behind', () => {
  expect(withOlder(listed([4, 3], 5, 3), page([2, 1], 7))).toEqual(listed([4, 3, 2, 1], 5));
});

it('links to the explorer of Base only', () => {
  expect(explorerLink(8453, '0xaa')).toBe('https://basescan.org/tx/0xaa');
  expect(explorerLink(84532, '0xaa')).toBe('https://sepolia.basescan.org/tx/0xaa');
  expect(explorerLink(31337, '0xaa')).toBeUndefined();
});
