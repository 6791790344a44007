/** The ledger: read, place on chain, export. */
import { MurmurError } from '../../src/core/errors.ts';
import type { LedgerApi } from '../api/ledger.ts';
import type { Context } from '../context.ts';

export function ledgerCalls({ opened }: Context): LedgerApi {
  const unfinished = () => Promise.reject(new MurmurError('unsupported', 'not built yet'));
  return {
    async ledger({ count }) {
      const { ledger } = await opened();
      return { entries: await ledger.latest(count) };
    },
    ledgerPlace: unfinished,
    exportLedger: unfinished,
  };
}
