/** Texts of the ledger: what left this tab. */
import { plural } from './plural.ts';
import { formatCount } from '../format.ts';

export const leftWords = {
  pill: 'Left this tab:',
  noRows: 'no rows',
  title: 'What left this tab',
  intro:
    'Every request that this page sent, newest first. Your rows are in none of them. A wallet extension sends its own requests; they are not listed here.',
  totals: (requests: number, up: string, down: string) =>
    `${plural(requests, 'request')}, ${up} sent, ${down} received.`,
  empty: 'Nothing has been sent yet.',
  time: 'Time',
  what: 'What',
  to: 'To',
  size: 'Size',
  fingerprint: 'SHA-256',
  close: 'Close',
  here: 'this network',
  rowsOfYourData: 'Rows of your data',
  sent: 'Sent',
  received: 'Received, this visit',
  requests: 'Requests',
  times: (count: number) => `${formatCount(count)} ×`,
  masked: 'Masked vectors',
} as const;
