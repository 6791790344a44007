/** Texts of the ledger: what left this tab. */
import type { RecordPhase } from '../../protocol/phases.ts';
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

const PHASES: Readonly<Record<RecordPhase, string>> = {
  1: 'joining',
  3: 'key shares',
  4: 'key shares received',
  5: 'masked vector',
  6: 'vectors received',
  7: 'unmasking',
  9: 'check of the sum',
};

export const leftWords = {
  pill: 'Left this tab:',
  noRows: 'no rows',
  title: 'What left this tab',
  intro:
    'Every request that Murmur’s tabs in this browser sent, written down before it went. Your rows are in none of them.',
  empty: 'Nothing has been sent yet.',
  emptyText: 'As soon as a page of Murmur asks the network for something, it is listed here.',
  time: 'Time',
  what: 'What',
  to: 'To',
  size: 'Size',
  fingerprint: 'SHA-256',
  onChain: 'On chain',
  here: (path: string) => `this network ${path}`,
  step: (task: string, round: number, phase: RecordPhase) => `task ${task}, round ${round}, ${PHASES[phase]}`,
  at: (atMs: number) => new Date(atMs).toLocaleString('en-GB'),

  rowsOfYourData: 'Rows of your data',
  sent: 'Sent',
  received: 'Received, this visit',
  requests: 'Requests',
  times: (count: number) => `${formatCount(count)} ×`,
  masked: 'Masked vectors',

  totalsTitle: 'In all',
  totalsAbout: 'since this browser first opened Murmur',
  byKind: 'By kind',
  list: 'Requests',
  newestFirst: 'newest first',
  search: 'Search',
  searchHint: 'Part of a word, an address or a SHA-256.',
  kind: 'Kind',
  allKinds: 'All kinds',
  older: 'Show older',
  lookFurther: 'Look further back',
  nothingFound: 'Nothing fits among the requests looked at so far.',
  nothingFits: 'No request fits.',
  shown: (shown: number, all: number) => `${plural(shown, 'request')} shown of ${formatCount(all)} in all.`,
  kept: 'The newest 20,000 are listed; the totals count all.',

  find: 'Find on chain',
  findOf: (what: string, at: string) => `Find on chain: ${what}, ${at}`,
  finding: 'Looking…',
  notOnChain: 'Not on chain, or not yet.',
  noRecord: 'nothing',
  noRecordLong: 'Of this nothing stands on chain',
  block: (block: number) => `Block ${formatCount(block)}`,
  refused: 'The contract refused it.',
  transaction: 'Transaction',
  transactionHash: 'hash of the transaction',
  digest: 'Digest',
  digestHash: 'digest that the contract holds',
  explorer: 'Look at it on Basescan',

  export: 'Export as signed file',
  print: 'Print',
  fileName: 'murmur-ledger.json',

  notIn: 'What is not in here',
  notInList: [
    'Files of this page itself, which your browser loads: scripts, styles, pictures. They are asked for by name and carry nothing of yours.',
    'What a wallet extension sends. It is a program of its own, with its own connections.',
    'Answers. Only what goes out is listed; received bytes are counted above.',
  ],
  enforced:
    'The browser itself enforces the rest: this page may speak to its own network, the relay and the chain, and to nobody else (content security policy).',
  checkTitle: 'How to check it',
  checkList: [
    'The signed file holds every listed request. Whoever has Murmur’s source checks it with',
    'The signature is that of the session key that your wallet authorised, or, when this tab takes part in nothing, of a key of this browser.',
    'The digest on chain of a masked vector is made from the Merkle root of the bytes that were sent; anybody can fetch them from the relay and compute it again.',
  ],
  checkCommand: 'npm run -s murmur -- check-ledger murmur-ledger.json',
  report: {
    wallet: 'Wallet',
    noWallet: 'none: this tab takes part in nothing',
    printedAt: 'Printed',
    origin: 'Page',
  },
} as const;
