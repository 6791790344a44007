/** Signed records: what a participant says to the contract (docs/protocol.md, section 3). */
import { type Bytes, type Hex, ByteReader, concatBytes, fromHex, uintBytes } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { RecordPhase, Verdict } from './phases.ts';

/** The EIP-712 domain: a record of one chain or contract is worthless on another. */
export interface RecordDomain {
  readonly chainId: number;
  readonly coordinator: Hex;
}

export interface AllianceRecord {
  readonly task: bigint;
  readonly round: number;
  /** one group in this version: always 0 */
  readonly group: number;
  readonly phase: RecordPhase;
  /** registration id in the join phase, roster index in all others */
  readonly index: number;
  readonly digest: Bytes;
}

/** `index u16 ‖ digest ‖ r ‖ yParityAndS`, 98 bytes: a record whose task, round and phase are known from elsewhere. */
export const PACKED_RECORD_BYTES = 98;

/** Signs records of one task with the session key. The key itself never leaves the adapter. */
export interface RecordSigner {
  readonly address: Hex;
  /** The packed record, 98 bytes. */
  sign(record: AllianceRecord): Promise<Bytes>;
}

export function packRecord(index: number, digest: Uint8Array, signature64: Uint8Array): Bytes {
  check(digest.length === 32 && signature64.length === 64, 'a record needs a 32-byte digest and a 64-byte signature');
  return concatBytes(uintBytes(index, 2), digest, signature64);
}

export interface UnpackedRecord {
  readonly index: number;
  readonly digest: Bytes;
  readonly signature: Bytes;
}

export function unpackRecord(packed: Uint8Array): UnpackedRecord {
  const reader = new ByteReader(packed);
  const record = { index: reader.u16(), digest: reader.take(32), signature: reader.take(64) };
  reader.end();
  return record;
}

/** EIP-712 type of {@link AllianceRecord}, for every adapter that signs or checks one. */
export const RECORD_TYPES = {
  Record: [
    { name: 'task', type: 'uint256' },
    { name: 'round', type: 'uint32' },
    { name: 'group', type: 'uint16' },
    { name: 'phase', type: 'uint8' },
    { name: 'index', type: 'uint16' },
    { name: 'digest', type: 'bytes32' },
  ],
} as const;

/** EIP-712 type that a wallet signs once a task: it authorises a session key and its channel key. */
export const REGISTRATION_TYPES = {
  Registration: [
    { name: 'task', type: 'uint256' },
    { name: 'wallet', type: 'address' },
    { name: 'sessionKey', type: 'address' },
    { name: 'channelKey', type: 'bytes32' },
    { name: 'expiry', type: 'uint64' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** EIP-712 type that a session key signs to open a session with the relay. */
export const SIGN_IN_TYPES = {
  SignIn: [
    { name: 'task', type: 'uint256' },
    { name: 'registrationId', type: 'uint16' },
    { name: 'issuedAt', type: 'uint64' },
  ],
} as const;

export function recordDomain(domain: RecordDomain) {
  return {
    name: 'Murmur Alliance',
    version: '1',
    chainId: domain.chainId,
    verifyingContract: domain.coordinator,
  } as const;
}

/** Digest of a vote: the candidate's hash without its last byte, then the verdict. */
export async function voteDigest(sumRoot: Hex, modelHash: Hex, verdict: Verdict): Promise<Bytes> {
  const digest = await sha256(fromHex(sumRoot, 32), fromHex(modelHash, 32));
  digest[31] = verdict;
  return digest;
}
