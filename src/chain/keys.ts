/** Signatures of a session key and of a wallet that lies in memory: records, registrations, the relay's sign-in. */
import {
  type LocalAccount,
  parseSignature,
  recoverMessageAddress,
  serializeCompactSignature,
  signatureToCompactSignature,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Bytes, fromHex, type Hex, toHex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import {
  packRecord,
  RECORD_TYPES,
  type RecordDomain,
  recordDomain,
  type RecordSigner,
  REGISTRATION_TYPES,
  SIGN_IN_TYPES,
} from '../protocol/record.ts';

/** What a wallet authorises once a task (docs/protocol.md, section 2). Times in Unix seconds. */
export interface RegistrationRequest {
  readonly task: bigint;
  readonly wallet: Hex;
  readonly sessionKey: Hex;
  readonly channelKey: Hex;
  readonly expiry: bigint;
  readonly nonce: bigint;
  readonly deadline: bigint;
}

/** EIP-712 data of a registration, for any wallet to sign. */
export function registrationTypedData(domain: RecordDomain, message: RegistrationRequest) {
  return { domain: recordDomain(domain), types: REGISTRATION_TYPES, primaryType: 'Registration', message } as const;
}

/** A registration signed by a wallet in memory. */
export function signRegistration(
  wallet: LocalAccount,
  domain: RecordDomain,
  message: RegistrationRequest,
): Promise<Hex> {
  return wallet.signTypedData(registrationTypedData(domain, message));
}

/**
 * A signer of records from the session key.
 * @param secret 32 bytes, secp256k1
 */
export function recordSigner(secret: Bytes, domain: RecordDomain): RecordSigner {
  const account = privateKeyToAccount(toHex(secret));
  return {
    address: account.address.toLowerCase() as Hex,
    async sign({ task, round, group, phase, index, digest }) {
      const message = { task, round, group, phase, index, digest: toHex(digest) };
      const signature = await account.signTypedData({
        domain: recordDomain(domain),
        types: RECORD_TYPES,
        primaryType: 'Record',
        message,
      });
      const compact = serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
      return packRecord(index, digest, fromHex(compact, 64));
    },
  };
}

/** The sign-in that opens a session with a relay. @param issuedAt Unix seconds */
export function signSignIn(
  secret: Bytes,
  domain: RecordDomain,
  message: { readonly task: bigint; readonly registrationId: number; readonly issuedAt: bigint },
): Promise<Hex> {
  const account = privateKeyToAccount(toHex(secret));
  return account.signTypedData({ domain: recordDomain(domain), types: SIGN_IN_TYPES, primaryType: 'SignIn', message });
}

/** Signs 32 bytes as an EIP-191 personal message. */
export function signDigest(secret: Bytes, digest: Bytes): Promise<Hex> {
  return privateKeyToAccount(toHex(secret)).signMessage({ message: { raw: toHex(digest) } });
}

/** Who signed 32 bytes as an EIP-191 personal message. @throws MurmurError bad-signature when nobody can have */
export async function digestSigner(digest: Bytes, signature: Hex): Promise<Hex> {
  try {
    const signer = await recoverMessageAddress({ message: { raw: toHex(digest) }, signature });
    return signer.toLowerCase() as Hex;
  } catch (cause) {
    throw new MurmurError('bad-signature', 'this is no signature at all', { cause });
  }
}

/** A fresh session key's address. */
export function sessionAddress(secret: Bytes): Hex {
  return privateKeyToAccount(toHex(secret)).address.toLowerCase() as Hex;
}
