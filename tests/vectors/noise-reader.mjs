// A second implementation of the noisy update of docs/protocol.md, sections 7 and 10, written from that text: no import from src/. It recomputes
// every value of noise.json and throws at the first that differs.
//   node tests/vectors/noise-reader.mjs [file]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** sfc32 over 12 bytes: words a, b, c little-endian, counter 1, 15 outputs thrown away. */
function sfc32(seed) {
  let [a, b, c, counter] = [seed.readUInt32LE(0), seed.readUInt32LE(4), seed.readUInt32LE(8), 1];
  const next = () => {
    const t = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + t) >>> 0;
    return t;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}

function signs(count, step) {
  const next = sfc32(Buffer.from(`rotate-${String(step).padStart(5, '0')}`, 'ascii'));
  const out = [];
  while (out.length < count) {
    const word = next();
    for (let bit = 0; bit < 32; bit++) out.push((word >>> bit) % 2 === 1 ? -1 : 1);
  }
  return out;
}

/** Entry (i, j) of the Hadamard matrix is −1 to the number of bits that i and j share: the butterflies, written out. */
function hadamard(block) {
  return block.map((_, i) => {
    const sum = block.reduce((total, value, j) => {
      let shared = i & j;
      let odd = 0;
      for (; shared > 0; shared >>= 1) odd ^= shared & 1;
      return total + (odd ? -value : value);
    }, 0);
    return sum / Math.sqrt(block.length);
  });
}

function planOf({ weights, clipNorm, updateFractionBits, maxCohort: N, noiseMultiplier: z, honest }) {
  let B = 1;
  while (2 * B <= Math.min(2 ** 17, weights / 8)) B *= 2;
  const s = clipNorm * 2 ** updateFractionBits;
  const V = (z * s * (z * s)) / honest;
  const bound = Math.ceil(N * (s + 1) * Math.min(1, 6 / Math.sqrt(B)) + 6 * Math.sqrt(N / 4 + N * V));
  return { blockSize: B, length: Math.ceil(weights / B) * B, clipSteps: s, variance: V, bound };
}

export function verify({ tasks }) {
  let compared = 0;
  const same = (actual, expected, what) => {
    assert.deepEqual(actual, expected, what);
    compared++;
  };
  const near = (actual, expected, what) => {
    assert.ok(Math.abs(actual - expected) <= 1e-12 * (1 + Math.abs(expected)), `${what}: ${actual}, not ${expected}`);
    compared++;
  };
  for (const { parameters, plan, segment, step, members, ring, largestNorm, update } of tasks) {
    const { updateFractionBits: f, weights, updateWidth: w } = parameters;
    same(planOf(parameters), plan, 'plan');
    const { blockSize: B, length: d, clipSteps: s, variance: V, bound } = plan;
    const encoding = { kind: 'noisy', fractionBits: f, bound: bound * 2 ** -f };
    same(segment, { purpose: 'update', length: d, width: w, encoding }, 'segment');
    assert.ok(bound < 2 ** (w - 1), 'half the ring holds the bound');
    const D2 = Math.min(s + Math.sqrt(d), Math.sqrt(s * s + d / 4 + s + Math.sqrt(d) / 2));
    near(members * D2 + Math.sqrt(members * V * (d + 2 * Math.sqrt(21 * d) + 42) + 441), largestNorm, 'largest norm');
    const steps = ring.map((value) => (value > 2 ** (w - 1) ? value - 2 ** w : value));
    const flips = B === 1 ? Array(d).fill(1) : signs(d, step);
    const back = [];
    for (let at = 0; at < d; at += B) back.push(...hadamard(steps.slice(at, at + B)));
    same(update.length, weights, 'weights');
    for (const [i, value] of update.entries()) near((back[i] * flips[i]) / 2 ** f, value, `weight ${i}`);
  }
  return compared;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? new URL('noise.json', import.meta.url);
  console.log(`${verify(JSON.parse(readFileSync(file, 'utf8')))} values agree`);
}
