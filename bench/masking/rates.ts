/** Rates of masking against WebCrypto's own, in whatever host this runs: Node, or a worker in a page (bench/masking.ts). */
import type { Bytes } from '../../src/core/bytes.ts';
import { bitmapOf } from '../../src/core/bitmap.ts';
import { secureRandom } from '../../src/core/random.ts';
import { createRoundSecrets, maskKeys } from '../../src/masking/keys.ts';
import { maskVector } from '../../src/masking/mask.ts';
import { CALLS_IN_FLIGHT, RANGE_BYTES, counterBlock, sumStreams, webCryptoStream } from '../../src/masking/stream.ts';
import { layoutBytes, type Layout } from '../../src/protocol/layout.ts';

export interface ClientRates {
  /** bytes of key stream that one mask takes */
  readonly streamBytes: number;
  /** least milliseconds of a whole maskVector: key agreement, derivation, streams, sums, packing */
  readonly maskMs: number;
  /** least milliseconds of its stream sum alone */
  readonly sumMs: number;
  /** least milliseconds of WebCrypto AES-CTR over as many bytes with as many calls in flight, results dropped: calls of the same size */
  readonly rawMs: number;
  /** and in calls of 1 MiB */
  readonly rawLargeMs: number;
}

export function updateLayout(length: number, width: number): Layout {
  return [{ purpose: 'update', length, width, encoding: { kind: 'fixed', fractionBits: 8, limit: 1 } }];
}

/** Least time of each by turns, so that what else the machine does hits all alike. */
export async function leastTimes<K extends string>(
  turns: number,
  work: Record<K, () => Promise<unknown>>,
): Promise<Record<K, number>> {
  const names = Object.keys(work) as K[];
  const least = Object.fromEntries(names.map((name) => [name, Infinity])) as Record<K, number>;
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of names) {
      const start = performance.now();
      await work[name]();
      // The first turn warms up.
      if (turn > 0) least[name] = Math.min(least[name], performance.now() - start);
    }
  }
  return least;
}

async function rawAesCtr(keys: readonly CryptoKey[], streamLength: number, callBytes: number): Promise<void> {
  const zeros = new Uint8Array(callBytes);
  const calls: (() => Promise<ArrayBuffer>)[] = [];
  for (let at = 0; at < streamLength; at += callBytes) {
    const data = zeros.subarray(0, Math.min(callBytes, streamLength - at));
    for (const key of keys)
      calls.push(() => crypto.subtle.encrypt({ name: 'AES-CTR', counter: counterBlock(at), length: 128 }, key, data));
  }
  let next = 0;
  const lane = async () => {
    while (next < calls.length) await (calls[next++] as (typeof calls)[number])();
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
}

/** One member's mask among `peers` others. */
export async function measureClient(peers: number, length: number, width: number, turns: number): Promise<ClientRates> {
  const layout = updateLayout(length, width);
  const size = layoutBytes(layout);
  const index = Math.floor(peers / 2);
  const everybody = Array.from({ length: peers + 1 }, (_, i) => i);
  const secrets = createRoundSecrets(secureRandom);
  const pairs = await Promise.all(everybody.map((u) => maskKeys(u === index ? secrets.seed : secureRandom(31))));
  const maskPublicKeys = pairs.map(({ publicKey }) => publicKey);
  const own = pairs[index];
  if (!own) throw new Error('no member to measure');
  const packed: Bytes = new Uint8Array(size);
  const rawKeys = everybody.map(() => secureRandom(16));
  const keys = await Promise.all(
    rawKeys.map((key) => crypto.subtle.importKey('raw', key, 'AES-CTR', false, ['encrypt'])),
  );
  const maskContext = secureRandom(32);
  const streams = rawKeys.map((key, u) => ({ key, sign: u >= index ? (1 as const) : (-1 as const) }));
  const addends = [{ packed, sign: 1 as const }];
  const least = await leastTimes(turns, {
    raw: () => rawAesCtr(keys, size, RANGE_BYTES),
    mask: () =>
      maskVector({
        layout,
        packed,
        maskContext,
        u2: bitmapOf(everybody),
        index,
        secrets,
        maskKeys: own,
        maskPublicKeys,
      }),
    rawLarge: () => rawAesCtr(keys, size, 2 ** 20),
    sum: () => sumStreams({ layout, start: 0, end: size, streams, addends }, { openStream: webCryptoStream }),
  });
  return {
    streamBytes: size * everybody.length,
    maskMs: least.mask,
    sumMs: least.sum,
    rawMs: least.raw,
    rawLargeMs: least.rawLarge,
  };
}
