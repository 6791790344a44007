/** Everything of a tab that needs viem, in one module that is loaded when the chain is first asked. */
import { http } from 'viem';
import { nonceManager, privateKeyToAccount } from 'viem/accounts';
import { AllianceClient } from '../src/chain/alliance-client.ts';
import { type Bytes, toHex } from '../src/core/bytes.ts';
import type { FetchFn } from '../src/network/sender.ts';
import type { NetworkInfo } from './api/network.ts';

export { formatEther, parseEther } from 'viem';
export { approveData, createTaskData, registerData, revokeData } from '../src/chain/calldata.ts';
export {
  recordSigner,
  registrationTypedData,
  sessionAddress,
  signDigest,
  signRegistration,
  signSignIn,
} from '../src/chain/keys.ts';

/** A wallet in memory; its transactions are numbered here, so that several may be under way. */
export function accountOf(key: Bytes) {
  return privateKeyToAccount(toHex(key), { nonceManager });
}

/** @param payer key of the account that sends transactions; without it the client only reads */
export function connectChain(
  { chainId, coordinator, rpcUrl }: NetworkInfo,
  fetchFn: FetchFn,
  payer?: Bytes,
): AllianceClient {
  return new AllianceClient({
    domain: { chainId, coordinator },
    transport: http(rpcUrl, { fetchFn, batch: { batchSize: 50 }, retryCount: 2, timeout: 15_000 }),
    account: payer && accountOf(payer),
  });
}
