/** Session keys of a test that sign as real ones do. */
import { parseSignature, signatureToCompactSignature, serializeCompactSignature } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Hex, fromHex, toHex, uintBytes } from '../../src/core/bytes.ts';
import { RECORD_TYPES, type RecordDomain, recordDomain, SIGN_IN_TYPES } from '../../src/protocol/record.ts';
import type { TestSigner } from './cohort.ts';

export interface RealSigner extends TestSigner {
  signIn(task: bigint, registrationId: number, issuedAt: number): Promise<Hex>;
}

export function realSigner(domain: RecordDomain, id: number): RealSigner {
  const account = privateKeyToAccount(toHex(uintBytes(0x5e55 + id, 32)));
  return {
    address: account.address.toLowerCase() as Hex,
    sign: async (record) => {
      const message = { ...record, digest: toHex(record.digest) };
      const typed = { domain: recordDomain(domain), types: RECORD_TYPES, primaryType: 'Record', message } as const;
      const signature = parseSignature(await account.signTypedData(typed));
      return fromHex(serializeCompactSignature(signatureToCompactSignature(signature)), 64);
    },
    signIn: (task, registrationId, issuedAt) =>
      account.signTypedData({
        domain: recordDomain(domain),
        types: SIGN_IN_TYPES,
        primaryType: 'SignIn',
        message: { task, registrationId, issuedAt: BigInt(issuedAt) },
      }),
  };
}
