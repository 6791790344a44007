/** What the list of the ledger shows, as plain functions: pages put together, links to the chain's explorer. */
import type { LedgerPage, LedgerView } from '../../../workers/api/ledger.ts';
import type { Hex } from '../../core/bytes.ts';

export interface Listed {
  /** newest first */
  readonly entries: readonly LedgerView[];
  /** what to ask before for older entries */
  readonly next: number | undefined;
  /** the greatest id that was looked at; 0 before the first page */
  readonly newest: number;
}

export const NOTHING_LISTED: Listed = { entries: [], next: undefined, newest: 0 };

/**
 * Puts entries that came after the listed ones in front of them.
 * @param page what was asked for after `listed.newest`
 */
export function withNewer(listed: Listed, { entries, next, newest }: LedgerPage): Listed {
  // The first page; or more than a page came, and what lies between is not known: the list begins with it.
  if (listed.newest === 0 || next !== undefined) return { entries, next, newest };
  return { entries: [...entries, ...listed.entries], next: listed.next, newest };
}

/** Puts an older page behind what is listed. */
export function withOlder(listed: Listed, { entries, next }: LedgerPage): Listed {
  return { ...listed, entries: [...listed.entries, ...entries], next };
}

const EXPLORERS: Readonly<Record<number, string>> = {
  8453: 'https://basescan.org/tx/',
  84532: 'https://sepolia.basescan.org/tx/',
};

/** Where anybody can look at a transaction; a local chain has no such page. */
export function explorerLink(chainId: number, transaction: Hex): string | undefined {
  const base = EXPLORERS[chainId];
  return base && base + transaction;
}
