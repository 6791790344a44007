/**
 * Writes rewards.json: what the twins in src/economy answer, for contracts/test/economy/RewardTwins.t.sol. Run it with
 * `npx esbuild contracts/test/vectors/rewards.ts --bundle --platform=node --format=esm | node --input-type=module`.
 * Eight numbers a case: pool, lambda, before, own, delegated, after, what the node gets without delegation, what delegation added;
 * and three an emission: supply, elapsed seconds, emitted.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { delegatedShare } from '../../../src/economy/delegation-split.ts';
import { emitted } from '../../../src/economy/emission-schedule.ts';
import { afterFee, expNeg, splitPool } from '../../../src/economy/reward-split.ts';

let drawn = 0;
/** A number below 2^bits whose size varies, the same on every run. */
function draw(bits: number): bigint {
  const hash = BigInt(`0x${createHash('sha256').update(`rewards ${drawn++}`).digest('hex')}`);
  return (hash >> 16n) % (1n << (1n + (hash % BigInt(bits))));
}

const CASES = 200;
const shares: bigint[] = [];
const splits: bigint[] = [];
const exponentials: bigint[] = [];
const emissions: bigint[] = [];
const fees: bigint[] = [];
for (let i = 0; i < CASES; i++) {
  const pool = draw(96);
  const lambda = 10n ** 15n + (draw(70) % (20n * 10n ** 18n - 10n ** 15n));
  const [before, own, delegated, after] = [draw(92), draw(92), draw(92), draw(92)];
  const total = before + own + delegated + after;
  const { alone, added } = delegatedShare(pool, lambda, { before, own, delegated, total });
  shares.push(pool, lambda, before, own, delegated, after, alone, added);
  const gamma = draw(59) % (10n ** 18n / 2n);
  const { nodes, validators } = splitPool(pool, gamma, before, own);
  splits.push(pool, gamma, before, own, nodes, validators);
  const x = draw(136);
  exponentials.push(x, expNeg(x));
  const [supply, elapsed] = [draw(96), draw(35)];
  emissions.push(supply, elapsed, emitted(supply, elapsed));
  const bps = draw(13);
  fees.push(pool, bps, afterFee(pool, bps).net);
}
const text = (numbers: bigint[]) => numbers.map(String);
const vectors = {
  shares: text(shares),
  splits: text(splits),
  exponentials: text(exponentials),
  emissions: text(emissions),
  fees: text(fees),
};
writeFileSync('contracts/test/vectors/rewards.json', `${JSON.stringify(vectors)}\n`);
