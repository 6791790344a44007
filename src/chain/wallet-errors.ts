/**
 * What a person's own wallet throws, in words: EIP-1193 provider errors (4001 to 4902), JSON-RPC errors (EIP-1474) and those of viem
 * and wagmi, which nest them. The innermost code that is known decides: the outer ones only say what was tried.
 */
import { type ErrorCode, MurmurError } from '../core/errors.ts';

type Words = readonly [code: ErrorCode, message: string, hint: string];

const NO_FEE: Words = [
  'refused',
  'the account in your wallet has too little ETH for the fee',
  'On the local network take some from the faucet; on Base send a little ETH to it. Then try again.',
];

const BY_CODE: Readonly<Record<number, Words>> = {
  4001: ['cancelled', 'you declined in your wallet', 'Nothing was sent. Try again when you want to.'],
  4100: [
    'refused',
    'your wallet does not let this page use the account',
    'Unlock the wallet, choose the account there, and connect again.',
  ],
  4200: ['unsupported', 'your wallet cannot do this', 'Use another wallet.'],
  4900: ['unreachable', 'your wallet has no connection to any network', 'Check its settings and your connection.'],
  4901: [
    'unreachable',
    'your wallet has no connection to this network',
    'Switch the network in the wallet, then try again.',
  ],
  4902: [
    'not-found',
    'your wallet does not know this network yet',
    'Press “Switch network”: the wallet offers to add it.',
  ],
  [-32002]: [
    'conflict',
    'a request is already open in your wallet',
    'Open the wallet’s own window and answer it there, then try again.',
  ],
  [-32003]: ['refused', 'the network refused the transaction', 'Try again.'],
  [-32004]: ['unsupported', 'your wallet cannot do this', 'Use another wallet.'],
  [-32005]: ['refused', 'your wallet asked its network too often', 'Wait a minute, then try again.'],
  [-32603]: ['internal', 'your wallet met an error of its own', 'Try again; if it stays, restart the wallet.'],
};

/** Errors without a code of their own, by the name of their class. */
const BY_NAME: Readonly<Record<string, Words>> = {
  ConnectorAccountNotFoundError: [
    'conflict',
    'another account is chosen in your wallet now',
    'Choose the former one, or begin again.',
  ],
  ConnectorChainMismatchError: [
    'conflict',
    'your wallet is on another network',
    'Press “Switch network”, then try again.',
  ],
  ConnectorNotConnectedError: ['not-found', 'no wallet is connected', 'Connect one, then try again.'],
  InsufficientFundsError: NO_FEE,
  ProviderNotFoundError: ['not-found', 'the wallet is no longer there', 'Check the extension, then reload the page.'],
  TimeoutError: ['timeout', 'your wallet’s network did not answer in time', 'Try again.'],
  WaitForTransactionReceiptTimeoutError: [
    'timeout',
    'the transaction was sent, but is in no block yet',
    'Wait a minute, then try again: what is done already is not asked twice.',
  ],
};

const OTHER: Words = ['refused', 'your wallet did not do it', 'Look into the wallet’s own window, then try again.'];

/** Errors that are looked through; real ones nest four or five deep. */
const MAX_DEPTH = 16;

/** Anything that a wallet, viem or wagmi threw; the details hold the code and what the wallet said itself. */
export function walletError(thrown: unknown): MurmurError {
  if (thrown instanceof MurmurError) return thrown;
  const chain = causesOf(thrown);
  const innermost = chain.toReversed();
  const said = innermost.map(messageOf).find((message) => message !== '') ?? '';
  const code = innermost.map(codeOf).find((found) => found !== undefined && (found in BY_CODE || found === -32000));
  const name = innermost.map(nameOf).find((found) => found in BY_NAME);
  const poor = chain.some((error) => /insufficient funds/i.test(messageOf(error)));
  const words = poor ? NO_FEE : ((code === undefined ? undefined : BY_CODE[code]) ?? BY_NAME[name ?? ''] ?? OTHER);
  return new MurmurError(words[0], words[1], {
    hint: words[2],
    details: { wallet: code ?? name ?? 'unknown', said: said.slice(0, 300) },
    cause: thrown,
  });
}

/** The error and what caused it, outermost first. Wallets on phones put the original into `data`. */
function causesOf(thrown: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let error = thrown; error !== undefined && error !== null && chain.length < MAX_DEPTH; error = causeOf(error)) {
    if (chain.includes(error)) break;
    chain.push(error);
  }
  return chain;
}

function causeOf(error: unknown): unknown {
  const { cause, data } = fieldsOf(error);
  return cause ?? fieldsOf(data)['originalError'];
}

function codeOf(error: unknown): number | undefined {
  const { code } = fieldsOf(error);
  return typeof code === 'number' ? code : undefined;
}

function nameOf(error: unknown): string {
  const { name } = fieldsOf(error);
  return typeof name === 'string' ? name : '';
}

function messageOf(error: unknown): string {
  const { shortMessage, message } = fieldsOf(error);
  const text = shortMessage ?? message;
  return typeof text === 'string' ? text : '';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
