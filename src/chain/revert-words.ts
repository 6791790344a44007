/** What a failed call to a contract means, as a typed error in words. */
import {
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  InsufficientFundsError,
  UserRejectedRequestError,
} from 'viem';
import { type ErrorCode, MurmurError } from '../core/errors.ts';

/** Reverts that only say: somebody was faster, or time has passed. */
const LATE = new Set(['WrongPhase', 'NotNewestRound', 'RoundStillLive', 'TaskNotRunning']);

const WORDS: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  UnknownTask: ['not-found', 'there is no such task', 'Look at the list of tasks.'],
  UnknownRound: ['not-found', 'there is no such round', ''],
  UnknownRegistration: ['not-found', 'there is no such registration', ''],
  NotRegistered: [
    'not-found',
    'this wallet has no authorisation for the task any more',
    'Nothing to do, unless you want to join again.',
  ],
  NotAllowed: [
    'refused',
    'this wallet is not on the list of those who may join',
    'Ask the creator of the task to add it.',
  ],
  BadWalletSignature: [
    'bad-signature',
    'the wallet did not sign this registration',
    'Sign again with the same wallet.',
  ],
  DeadlineOver: ['timeout', 'the signature came too late', 'Sign again.'],
  BadExpiry: ['bad-input', 'the session key expires too early', ''],
  InsufficientDeposit: ['refused', 'the deposit does not cover the bond of a sum', 'Deposit FLOCK first.'],
  InUnfinishedRound: ['conflict', 'the stake cannot leave in the middle of a round', 'Wait until the round is over.'],
  NothingToClaim: ['not-found', 'there is nothing to claim', ''],
  TaskNotRunning: ['refused', 'the task has ended', 'Choose a task that still runs.'],
  NotCreator: ['refused', 'only the creator of the task may do this', ''],
  BadParameter: ['bad-input', 'a parameter of the task is out of bounds', ''],
  ERC20InsufficientBalance: [
    'refused',
    'the wallet has too little FLOCK',
    'On the local network, take some from the faucet.',
  ],
  ERC20InsufficientAllowance: ['refused', 'the contract may not take the stake', 'Approve the stake first.'],
};

/** Name of the custom error that a call was reverted with. */
export function revertName(error: unknown): string | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  return reverted instanceof ContractFunctionRevertedError ? reverted.data?.errorName : undefined;
}

/** Whether a write failed only because it came late or twice. */
export function cameLate(error: unknown): boolean {
  const name = revertName(error);
  return name !== undefined && LATE.has(name);
}

/** Any failure of viem as a MurmurError. */
export function chainError(error: unknown): MurmurError {
  if (error instanceof MurmurError) return error;
  const name = revertName(error);
  const known = name === undefined ? undefined : WORDS[name];
  if (known)
    return new MurmurError(known[0], known[1], { hint: known[2], details: { revert: name as string }, cause: error });
  if (name !== undefined)
    return new MurmurError('refused', `the contract refused: ${name}`, { details: { revert: name }, cause: error });
  if (error instanceof BaseError) {
    if (error.walk((cause) => cause instanceof UserRejectedRequestError)) {
      return new MurmurError('cancelled', 'the wallet was asked and said no', { cause: error });
    }
    if (error.walk((cause) => cause instanceof InsufficientFundsError)) {
      return new MurmurError('refused', 'the account has too little ETH for the fee', {
        hint: 'On the local network, take some from the faucet.',
        cause: error,
      });
    }
    if (error.walk((cause) => cause instanceof ContractFunctionZeroDataError)) {
      return new MurmurError('not-found', 'there is no such contract on this chain', {
        hint: 'Check the chain and the address of the coordinator.',
        cause: error,
      });
    }
    return new MurmurError('unreachable', 'the chain does not answer', {
      hint: 'It is tried again; check that the endpoint is up.',
      details: { said: error.shortMessage.slice(0, 300) },
      cause: error,
    });
  }
  return new MurmurError('unreachable', error instanceof Error ? error.message : String(error), { cause: error });
}
