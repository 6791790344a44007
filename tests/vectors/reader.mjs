// A second implementation of docs/protocol.md, sections 3 and 5 to 9, written from that text over node:crypto alone: no import
// from src/. It recomputes every value of protocol.json and throws at the first that differs.
//   node tests/vectors/reader.mjs [file]
import assert from 'node:assert/strict';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const P = 2n ** 255n - 19n;
const bytes = (hex) => Buffer.from(hex.slice(2), 'hex');
const hex = (buffer) => `0x${buffer.toString('hex')}`;
const uint = (value, size) =>
  Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, '0'),
    'hex',
  );
const number = (buffer) => BigInt(hex(buffer));
const H = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hkdf = (key, salt, info, size) => Buffer.from(hkdfSync('sha256', key, salt, info, size));
const join = (...parts) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'ascii') : part)));
const has = (map, i) => (BigInt(map) >> BigInt(i)) % 2n === 1n;
const indices = (map) => Array.from({ length: 256 }, (_, i) => i).filter((i) => has(map, i));

function merkle(data) {
  let level = data.map((leaf) => H(Buffer.of(0), leaf));
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i < level.length; i += 2)
      next.push(i + 1 < level.length ? H(Buffer.of(1), level[i], level[i + 1]) : level[i]);
    level = next;
  }
  return level[0];
}

const privateKey = (scalar) =>
  createPrivateKey({
    key: join(Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar),
    format: 'der',
    type: 'pkcs8',
  });
const publicKey = (point) =>
  createPublicKey({ key: join(Buffer.from('302a300506032b656e032100', 'hex'), point), format: 'der', type: 'spki' });
const publicBytes = (scalar) =>
  createPublicKey(privateKey(scalar)).export({ format: 'der', type: 'spki' }).subarray(12);
const x25519 = (scalar, point) => diffieHellman({ privateKey: privateKey(scalar), publicKey: publicKey(point) });
const maskScalar = (seed) => hkdf(seed, Buffer.alloc(0), 'murmur/mask-key/1', 32);

function power(base, exponent) {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}

/** Secret from [x, share] pairs. */
function rebuild(shares) {
  let sum = 0n;
  for (const [x, y] of shares) {
    let term = number(y);
    for (const [other] of shares)
      if (other !== x) term = (term * BigInt(other) * power(BigInt(other - x) + P, P - 2n)) % P;
    sum = (sum + term) % P;
  }
  return uint(sum, 31);
}

const sizeOf = ({ length, width }) => Math.ceil((length * width) / 8);
const modulus = ({ width }) => 1n << BigInt(width);

/** The whole vector as one little-endian integer a segment; coordinate j is its bits width * j and up. */
function unpack(layout, packed) {
  let at = 0;
  return layout.map((segment) => {
    const whole = number(Buffer.from(packed.subarray(at, at + sizeOf(segment))).reverse());
    at += sizeOf(segment);
    return Array.from({ length: segment.length }, (_, j) => (whole >> BigInt(j * segment.width)) % modulus(segment));
  });
}

function pack(layout, rings) {
  return join(
    ...layout.map((segment, s) => {
      const whole = rings[s].reduce((sum, value, j) => sum + (value << BigInt(j * segment.width)), 0n);
      return uint(whole, sizeOf(segment)).reverse();
    }),
  );
}

/** Sum of [packed, sign] pairs, coordinate by coordinate. */
function add(layout, terms) {
  const unpacked = terms.map(([packed, sign]) => [unpack(layout, packed), BigInt(sign)]);
  return pack(
    layout,
    layout.map((segment, s) =>
      Array.from({ length: segment.length }, (_, j) => {
        const sum = unpacked.reduce((total, [rings, sign]) => total + sign * rings[s][j], 0n);
        return ((sum % modulus(segment)) + modulus(segment)) % modulus(segment);
      }),
    ),
  );
}

function encode(segment, value) {
  if (segment.encoding.kind === 'count') return BigInt(value);
  const magnitude = BigInt(Math.floor(Math.abs(value) * 2 ** segment.encoding.fractionBits + 0.5));
  return value < 0 && magnitude > 0n ? modulus(segment) - magnitude : magnitude;
}

function decode(segment, ring) {
  if (segment.encoding.kind === 'count') return Number(ring);
  return Number(ring > modulus(segment) / 2n ? ring - modulus(segment) : ring) / 2 ** segment.encoding.fractionBits;
}

const stream = (key, size) => createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));

function maskedDigest(masked) {
  const chunks = [];
  for (let at = 0; at < masked.length; at += 65_536) chunks.push(masked.subarray(at, at + 65_536));
  return H('murmur/masked/1', uint(masked.length, 8), merkle(chunks));
}

/** Checks a parsed protocol.json; returns how many values were compared. */
export function verify(vectors) {
  let compared = 0;
  const same = (actual, expected, what) => {
    compared++;
    assert.deepEqual(Buffer.isBuffer(actual) ? hex(actual) : actual, expected, what);
  };
  const {
    layout: { segments: layout },
    context: c,
    joins,
    unmask,
  } = vectors;
  const n = joins.length;
  for (const { data, root } of vectors.merkle) same(merkle(data.map(bytes)), root, 'Merkle root');
  same(
    maskedDigest(Buffer.from(Array.from({ length: vectors.chunks.length }, (_, i) => (i * i + (i >>> 8)) & 255))),
    vectors.chunks.digest,
    'chunks',
  );

  const { bitmap, votes } = vectors.records;
  same(
    uint(
      bitmap.indices.reduce((map, i) => map + 2n ** BigInt(i), 0n),
      32,
    ),
    bitmap.digest,
    'bitmap digest',
  );
  for (const { sumRoot, modelHash, verdict, digest } of votes)
    same(join(H(bytes(sumRoot), bytes(modelHash)).subarray(0, 31), Buffer.of(verdict)), digest, 'vote digest');

  // Section 5. Keys of a segment in sorted order is all that RFC 8785 asks of these values.
  const canonical = `[${layout.map(
    ({ encoding: e, length, purpose, width }) =>
      `{"encoding":{${e.kind === 'fixed' ? `"fractionBits":${e.fractionBits},"kind":"fixed","limit":${e.limit}` : '"kind":"count"'}},"length":${length},"purpose":"${purpose}","width":${width}}`,
  )}]`;
  same(canonical, vectors.layout.canonical, 'canonical layout');
  same(H(canonical), vectors.layout.hash, 'layout hash');
  const ctx = H(
    join(
      'murmur/context/1',
      uint(c.chainId, 32),
      bytes(c.coordinator),
      uint(c.task, 32),
      uint(c.round, 4),
      uint(c.group, 2),
      uint(c.step, 2),
      H(canonical),
      bytes(c.baseModel),
      bytes(c.specHash),
      bytes(c.rosterHash),
      bytes(c.beacon),
    ),
  );
  same(ctx, c.ctx, 'context');
  const maskCtx = H('murmur/mask-context/1', ctx, uint(c.u2, 32));
  same(maskCtx, c.maskCtx, 'mask context');
  const C = Math.max(1, Math.floor((n * 1000) / 10000));
  const t = Math.floor((n + C) / 2) + 1;
  same(t, vectors.threshold, 'threshold');

  // Sections 3 and 6.
  for (const who of joins) {
    const [maskKey, commitment] = [
      publicBytes(maskScalar(bytes(who.seed))),
      H('murmur/self-mask/1', bytes(who.selfMask)),
    ];
    const channelKey = publicBytes(bytes(who.channelSecret));
    same(maskKey, who.maskPublicKey, 'mask public key');
    same(commitment, who.selfMaskCommitment, 'self mask commitment');
    same(channelKey, who.channelKey, 'channel key');
    same(H('murmur/join/1', maskKey, commitment, channelKey, bytes(who.sessionKey)), who.digest, 'join digest');
  }
  const leafOf = (kind, u, v, share, salt) => H(`murmur/${kind}-share/1`, ctx, uint(u, 2), uint(v, 2), share, salt);
  const entries = new Map();
  for (const { dealer: u, bundle: text, root, openings } of vectors.bundles) {
    const bundle = bytes(text);
    same(bundle.readUInt16BE(0), n, 'receivers');
    same(bundle.length, 2 + 188 * n, 'bundle length');
    const parts = joins.map((_, v) => bundle.subarray(2 + 188 * v, 2 + 188 * (v + 1)));
    entries.set(u, parts);
    same(merkle(parts.map((part, v) => join(ctx, uint(u, 2), uint(v, 2), part))), root, 'share root');
    const opened = parts.map((part, v) => {
      const [seedLeaf, selfLeaf, sealed] = [part.subarray(0, 32), part.subarray(32, 64), part.subarray(64)];
      const key = hkdf(
        x25519(bytes(joins[v].channelSecret), bytes(joins[u].channelKey)),
        ctx,
        join('murmur/share/1', uint(u, 2), uint(v, 2)),
        32,
      );
      const open = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
        .setAAD(join(ctx, uint(u, 2), uint(v, 2)))
        .setAuthTag(sealed.subarray(108));
      const opening = join(open.update(sealed.subarray(12, 108)), open.final());
      same(opening, openings[v], 'opening');
      same(leafOf('seed', u, v, opening.subarray(0, 32), opening.subarray(64, 80)), hex(seedLeaf), 'seed leaf');
      same(leafOf('self', u, v, opening.subarray(32, 64), opening.subarray(80, 96)), hex(selfLeaf), 'self leaf');
      return opening;
    });
    for (const first of [0, n - t]) {
      const take = (at) =>
        opened.slice(first, first + t).map((opening, i) => [first + i + 1, opening.subarray(at, at + 32)]);
      same(rebuild(take(0)), joins[u].seed, 'seed from shares');
      same(rebuild(take(32)), joins[u].selfMask, 'self mask from shares');
    }
  }

  // Sections 7 and 8.
  const size = layout.reduce((sum, segment) => sum + sizeOf(segment), 0);
  const pairKey = (u, v) =>
    hkdf(
      x25519(maskScalar(bytes(joins[u].seed)), bytes(joins[v].maskPublicKey)),
      maskCtx,
      join('murmur/pair/1', uint(Math.min(u, v), 2), uint(Math.max(u, v), 2)),
      16,
    );
  const selfKey = (u, selfMask) => hkdf(selfMask, maskCtx, join('murmur/self/1', uint(u, 2)), 16);
  for (const { u, v, key } of vectors.pairKeys)
    for (const actual of [pairKey(u, v), pairKey(v, u)]) same(actual, key, 'pair key');
  for (const { index: u, values, packed, selfKey: key, masked, digest } of vectors.uploads) {
    same(
      pack(
        layout,
        layout.map((segment, s) => values[s].map((value) => encode(segment, value))),
      ),
      packed,
      'packed vector',
    );
    same(selfKey(u, bytes(joins[u].selfMask)), key, 'self key');
    const pairs = indices(c.u2)
      .filter((v) => v !== u)
      .map((v) => [stream(pairKey(u, v), size), v > u ? 1 : -1]);
    same(add(layout, [[bytes(packed), 1], [stream(bytes(key), size), 1], ...pairs]), masked, 'masked vector');
    same(maskedDigest(bytes(masked)), digest, 'mask digest');
  }

  // Section 9.
  const answers = unmask.answers.map(({ index, answer }) => [index, bytes(answer)]);
  const shares = new Map(indices(c.u2).map((v) => [v, []]));
  for (const [from, answer] of answers) {
    same(answer.length, 64 + 48 * indices(c.u2).length, 'answer length');
    same([number(answer.subarray(0, 32)), number(answer.subarray(32, 64))], [BigInt(c.u2), BigInt(unmask.u3)], 'sets');
    indices(c.u2).forEach((v, i) => {
      const [share, salt] = [answer.subarray(64 + 48 * i, 96 + 48 * i), answer.subarray(96 + 48 * i, 112 + 48 * i)];
      const survived = has(unmask.u3, v);
      const at = survived ? 32 : 0;
      same(
        leafOf(survived ? 'self' : 'seed', v, from, share, salt),
        hex(entries.get(v)[from].subarray(at, at + 32)),
        'shown share',
      );
      shares.get(v).push([from + 1, share]);
    });
  }
  const survivors = indices(unmask.u3);
  same(survivors, unmask.survivors, 'survivors');
  const terms = vectors.uploads.filter(({ index }) => has(unmask.u3, index)).map(({ masked }) => [bytes(masked), 1]);
  for (const [v, list] of shares) {
    const secret = rebuild(list.slice(0, t));
    if (has(unmask.u3, v)) terms.push([stream(selfKey(v, secret), size), -1]);
    else {
      same(publicBytes(maskScalar(secret)), joins[v].maskPublicKey, 'rebuilt mask key');
      for (const u of survivors) terms.push([stream(pairKey(u, v), size), u < v ? -1 : 1]);
    }
  }
  const sum = add(layout, terms);
  same(sum, unmask.packedSum, 'sum');
  same(H(sum), unmask.sumRoot, 'sum root');
  same(
    unpack(layout, sum).map((ring, s) => ring.map((value) => decode(layout[s], value))),
    unmask.values,
    'sum values',
  );
  return compared;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? new URL('protocol.json', import.meta.url);
  console.log(`${verify(JSON.parse(readFileSync(file, 'utf8')))} values agree`);
}
