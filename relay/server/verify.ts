/** Who signed: EIP-712 recovery of records and sign-ins. */
import { parseCompactSignature, recoverTypedDataAddress, serializeSignature } from 'viem';
import { compactSignatureToSignature } from 'viem';
import { type Bytes, type Hex, toHex } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import {
  type AllianceRecord,
  RECORD_TYPES,
  type RecordDomain,
  recordDomain,
  SIGN_IN_TYPES,
} from '../../src/protocol/record.ts';

/** Address of the session key that signed a record; the signature has 64 bytes (EIP-2098). @throws MurmurError bad-signature */
export async function recoverRecordSigner(
  domain: RecordDomain,
  record: AllianceRecord,
  signature: Bytes,
): Promise<Hex> {
  return recover(() =>
    recoverTypedDataAddress({
      domain: recordDomain(domain),
      types: RECORD_TYPES,
      primaryType: 'Record',
      message: { ...record, digest: toHex(record.digest) },
      signature: serializeSignature(compactSignatureToSignature(parseCompactSignature(toHex(signature)))),
    }),
  );
}

export interface SignIn {
  readonly task: bigint;
  readonly registrationId: number;
  /** Unix seconds */
  readonly issuedAt: bigint;
}

/** Address of the session key that signed in; 65 bytes. @throws MurmurError bad-signature */
export async function recoverSignInSigner(domain: RecordDomain, signIn: SignIn, signature: Hex): Promise<Hex> {
  return recover(() =>
    recoverTypedDataAddress({
      domain: recordDomain(domain),
      types: SIGN_IN_TYPES,
      primaryType: 'SignIn',
      message: { task: signIn.task, registrationId: signIn.registrationId, issuedAt: signIn.issuedAt },
      signature,
    }),
  );
}

async function recover(work: () => Promise<Hex>): Promise<Hex> {
  try {
    return await work();
  } catch (cause) {
    throw new MurmurError('bad-signature', 'this is not a signature of any key', { cause });
  }
}
