/**
 * A local public randomness beacon in drand's evmnet format, for chains of one's own: BLS over BN254, signature in G1, public key in
 * G2, message = keccak256(round as 8 bytes) hashed to the curve with SVDW and keccak (RFC 9380, sections 5, 6.6.1 and F.1; scheme
 * bls-bn254-unchained-on-g1, https://docs.drand.love). contracts/src/beacon/BeaconBN254.sol verifies what this signs.
 *
 * Whoever holds the key knows every round beforehand: fit for one's own machine, and for nothing else. The arithmetic is that of
 * @noble/curves; its field operations are not constant-time.
 */
import { bn254 } from '@noble/curves/bn254';
import { hash_to_field } from '@noble/curves/abstract/hash-to-curve';
import { keccak_256 } from '@noble/hashes/sha3';
import type { BeaconSource } from '../relay/core/types.ts';
import { type Bytes, bytesToBigInt, concatBytes, uintBytes } from '../src/core/bytes.ts';
import type { Clock } from '../src/core/clock.ts';
import { check } from '../src/core/errors.ts';
import type { RandomBytes } from '../src/core/random.ts';

const { Fp, Fr } = bn254.fields;
const G1 = bn254.G1.ProjectivePoint;
const G2 = bn254.G2.ProjectivePoint;
const DST = 'BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_';

/** Where a beacon's rounds lie in time. */
export interface BeaconSchedule {
  /** Unix seconds of round 1 */
  readonly genesis: number;
  readonly periodSeconds: number;
}

/** A fresh secret key: 32 bytes, below the order of the group. */
export function createBeaconSecret(random: RandomBytes): Bytes {
  // 48 bytes before the reduction leave no bias that anybody could see.
  return uintBytes((bytesToBigInt(random(48)) % (Fr.ORDER - 1n)) + 1n, 32);
}

/** The public key as the contract's constructor takes it: x real, x imaginary, y real, y imaginary. */
export function beaconPublicKey(secret: Bytes): [bigint, bigint, bigint, bigint] {
  const { x, y } = G2.BASE.multiply(scalarOf(secret)).toAffine();
  return [x.c0, x.c1, y.c0, y.c1];
}

/** The signature of a round: x and y of a point of G1, 32 bytes each, big-endian. */
export function signBeaconRound(secret: Bytes, round: bigint): Bytes {
  const message = keccak_256(uintBytes(round, 8));
  const { x, y } = hashToCurve(message).multiply(scalarOf(secret)).toAffine();
  return concatBytes(uintBytes(x, 32), uintBytes(y, 32));
}

/** Signs a round once its time has come, and never before. */
export function localBeacon(secret: Bytes, schedule: BeaconSchedule, clock: Clock): BeaconSource {
  return {
    async signature(round) {
      const dueAtMs = (schedule.genesis + (Number(round) - 1) * schedule.periodSeconds) * 1000;
      return clock.now() < dueAtMs ? undefined : signBeaconRound(secret, round);
    },
  };
}

function scalarOf(secret: Bytes): bigint {
  const scalar = bytesToBigInt(secret);
  check(scalar > 0n && scalar < Fr.ORDER, 'the beacon key is not a number below the order of the group');
  return scalar;
}

function hashToCurve(message: Uint8Array) {
  const [u0, u1] = hash_to_field(message, 2, { DST, p: Fp.ORDER, m: 1, k: 128, expand: 'xmd', hash: keccak_256 });
  return mapToCurve(u0?.[0] as bigint).add(mapToCurve(u1?.[0] as bigint));
}

const curveAt = (x: bigint): bigint => Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
const isSquare = (value: bigint): boolean => !Fp.eql(Fp.pow(value, (Fp.ORDER - 1n) / 2n), Fp.neg(Fp.ONE));

function evenRoot(square: bigint): bigint {
  const root = Fp.sqrt(square);
  return (root & 1n) === 0n ? root : Fp.neg(root);
}

// Shallue and van de Woestijne's map for y² = x³ + 3 with Z = 1 (RFC 9380, F.1).
const C1 = curveAt(1n);
const C2 = Fp.neg(Fp.inv(2n));
const C3 = evenRoot(Fp.mul(Fp.neg(C1), 3n));
const C4 = Fp.mul(Fp.mul(4n, Fp.neg(C1)), Fp.inv(3n));

function mapToCurve(u: bigint) {
  const scaled = Fp.mul(Fp.sqr(u), C1);
  const above = Fp.add(Fp.ONE, scaled);
  const below = Fp.sub(Fp.ONE, scaled);
  const inverse = Fp.inv(Fp.mul(below, above));
  const shift = Fp.mul(Fp.mul(Fp.mul(u, below), inverse), C3);
  const candidates = [Fp.sub(C2, shift), Fp.add(C2, shift)];
  const third = Fp.add(Fp.mul(Fp.sqr(Fp.mul(Fp.sqr(above), inverse)), C4), Fp.ONE);
  const x = candidates.find((candidate) => isSquare(curveAt(candidate))) ?? third;
  const root = Fp.sqrt(curveAt(x));
  const y = (u & 1n) === (root & 1n) ? root : Fp.neg(root);
  return G1.fromAffine({ x, y });
}
