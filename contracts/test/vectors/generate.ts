/**
 * Writes beacon.json: rounds of a local beacon, for contracts/test/Beacon.t.sol. Run it with
 * `npx esbuild contracts/test/vectors/generate.ts --bundle --platform=node --format=esm --packages=external | node --input-type=module`.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { beaconPublicKey, signBeaconRound } from '../../../node/local-beacon.ts';
import { toHex, uintBytes } from '../../../src/core/bytes.ts';

const secret = uintBytes(0x1234567890abcdefn, 32);
const rounds = [1n, 2n, 255n, 2n ** 40n, 2n ** 64n - 1n].map((round) => {
  const signature = signBeaconRound(secret, round);
  const randomness = `0x${createHash('sha256').update(signature).digest('hex')}`;
  return { round: toHex(uintBytes(round, 32)), signature: toHex(signature), randomness };
});
const vectors = {
  publicKey: beaconPublicKey(secret).map((part) => toHex(uintBytes(part, 32))),
  count: rounds.length,
  rounds,
};
writeFileSync('contracts/test/vectors/beacon.json', `${JSON.stringify(vectors, null, 2)}\n`);
