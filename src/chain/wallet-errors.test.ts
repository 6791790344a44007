/** Errors of wallets in words, as nested as viem and wagmi throw them. */
import { InternalRpcError, SwitchChainError, TransactionExecutionError, UserRejectedRequestError } from 'viem';
import { expect, it } from 'vitest';
import { MurmurError } from '../core/errors.ts';
import { walletError } from './wallet-errors.ts';

/** What an EIP-1193 provider throws. */
function provider(code: number, message = 'said by the wallet'): Error {
  return Object.assign(new Error(message), { code });
}
const wrapped = (cause: Error) =>
  new TransactionExecutionError(new InternalRpcError(cause), { account: null, to: `0x${'11'.repeat(20)}` });

it.each([
  [4001, 'cancelled', 'declined'],
  [4100, 'refused', 'does not let this page'],
  [4200, 'unsupported', 'cannot do this'],
  [4900, 'unreachable', 'no connection to any network'],
  [4901, 'unreachable', 'no connection to this network'],
  [4902, 'not-found', 'does not know this network'],
  [-32002, 'conflict', 'already open'],
  [-32603, 'internal', 'error of its own'],
])('%i is %s', (code, expected, words) => {
  for (const error of [provider(code), wrapped(provider(code)), { code, message: 'a plain object' }])
    expect(walletError(error)).toMatchObject({
      code: expected,
      message: expect.stringContaining(words),
      details: { wallet: code },
    });
});

it('lets the innermost code decide', () => {
  expect(walletError(new SwitchChainError(provider(-32002)))).toMatchObject({ code: 'conflict' });
  expect(walletError(new UserRejectedRequestError(provider(-32603)))).toMatchObject({ details: { wallet: -32603 } });
  const phone = Object.assign(new Error('outer'), { code: -32603, data: { originalError: provider(4902) } });
  expect(walletError(phone)).toMatchObject({ code: 'not-found' });
});

it('knows an empty account, by whatever code', () => {
  for (const error of [
    provider(-32000, 'insufficient funds for gas * price + value'),
    wrapped(provider(-32603, 'err: insufficient funds for transfer')),
  ])
    expect(walletError(error)).toMatchObject({ code: 'refused', message: expect.stringContaining('too little ETH') });
});

it('knows errors without a code by their class, and ends at a circle', () => {
  const chain = Object.assign(new Error('x'), { name: 'ConnectorChainMismatchError' });
  expect(walletError(chain)).toMatchObject({ code: 'conflict', message: expect.stringContaining('another network') });
  const circle = new Error('round and round');
  circle.cause = circle;
  expect(walletError(circle)).toMatchObject({ code: 'refused', details: { said: 'round and round' } });
  expect(walletError('nothing of ours')).toMatchObject({ code: 'refused', details: { wallet: 'unknown' } });
});

it('leaves errors of ours as they are', () => {
  const ours = new MurmurError('timeout', 'late');
  expect(walletError(ours)).toBe(ours);
});
