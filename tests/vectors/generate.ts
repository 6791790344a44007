/**
 * Byte vectors for docs/protocol.md, sections 3 and 5 to 9: one masked round of six members, in which one is outside U2 and one
 * drops out after masking. Written to tests/vectors/protocol.json by
 *   MURMUR_WRITE_VECTORS=1 npx vitest run --project vectors tests/vectors
 * and compared with it by every other run; tests/vectors/reader.mjs reads the same file without any of this code.
 */
import { toHex, uintBytes, utf8, type Bytes } from '../../src/core/bytes.ts';
import { bitmapOf, members } from '../../src/core/bitmap.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { merkleLeaf, merkleRoot } from '../../src/core/merkle.ts';
import { maskContext } from '../../src/masking/context.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { joinDigest } from '../../src/masking/keys.ts';
import { maskedDigest, pairStreamKey, selfStreamKey } from '../../src/masking/mask.ts';
import { serialiseHeldShare, type HeldShare } from '../../src/masking/shares.ts';
import { buildAnswer, sumRoot, unmaskSum } from '../../src/masking/unmask.ts';
import type { Verdict } from '../../src/protocol/phases.ts';
import { voteDigest } from '../../src/protocol/record.ts';
import { layoutHash, type Layout } from '../../src/protocol/layout.ts';
import {
  makeCohort,
  maskOne,
  openAll,
  sumInputs,
  testRound,
  type TestMember,
} from '../../src/masking/testing/cohort.ts';

const LAYOUT: Layout = [
  { purpose: 'weight', length: 1, width: 48, encoding: { kind: 'fixed', fractionBits: 32, limit: 1 } },
  { purpose: 'update', length: 11, width: 18, encoding: { kind: 'fixed', fractionBits: 10, limit: 2 } },
  { purpose: 'evaluation', length: 3, width: 7, encoding: { kind: 'count' } },
  { purpose: 'statistics', length: 2, width: 33, encoding: { kind: 'count' } },
];
const N = 6;
const U2 = [0, 1, 2, 3, 5];
const U3 = [0, 1, 2, 5];

/** Member u's numbers, with halves, negatives and zeros among them. */
function valuesOf(u: number): Float64Array<ArrayBuffer>[] {
  return [
    Float64Array.of((u + 1) / 8),
    Float64Array.from({ length: 11 }, (_, j) => (j % 2 === 0 ? 1 : -1) * (((u + 1) * (j + 1)) / 64 + 1 / 2048)),
    Float64Array.of(u, 2 * u, 9 - u),
    Float64Array.of(1e9 + u, 0),
  ];
}

/** All vectors as plain JSON; bytes are hex. */
export async function generateVectors(): Promise<unknown> {
  const cohort = await makeCohort('murmur protocol vectors 1', N, LAYOUT);
  const round = testRound(LAYOUT);
  const u2 = bitmapOf(U2);
  const u3 = bitmapOf(U3);
  const context = await maskContext(cohort.context, u2);

  const joins = await Promise.all(
    cohort.people.map(async ({ channel, channelSecret, secrets, keys, selfMaskCommitment }, u) => {
      const sessionKey = new Uint8Array(20).fill(0xa0 + u);
      const join = { maskPublicKey: keys.publicKey, selfMaskCommitment, channelKey: channel.publicKey, sessionKey };
      return {
        seed: toHex(secrets.seed),
        selfMask: toHex(secrets.selfMask),
        channelSecret: toHex(channelSecret),
        maskPublicKey: toHex(join.maskPublicKey),
        selfMaskCommitment: toHex(selfMaskCommitment),
        channelKey: toHex(join.channelKey),
        sessionKey: toHex(sessionKey),
        digest: toHex(await joinDigest(join)),
      };
    }),
  );

  const held: Map<number, HeldShare>[] = [];
  for (let v = 0; v < N; v++) held.push(await openAll(cohort, v, bitmapOf([...Array(N).keys()])));
  const bundles = Array.from(cohort.bundles, ([dealer, bundle]) => ({
    dealer,
    bundle: toHex(bundle),
    root: toHex(cohort.roots[dealer] as Bytes),
    openings: held.map((ofReceiver) => toHex(serialiseHeldShare(ofReceiver.get(dealer) as HeldShare))),
  }));

  const pairKeys = [];
  for (const u of U2) {
    for (const v of U2.filter((other) => other > u)) {
      const key = await pairStreamKey(
        context,
        u,
        (cohort.people[u] as TestMember).keys,
        v,
        cohort.maskPublicKeys[v] as Bytes,
      );
      pairKeys.push({ u, v, key: toHex(key) });
    }
  }
  const uploads = [];
  const inputs = new Map<number, Bytes>();
  for (const u of U2) {
    const packed = packVector(LAYOUT, valuesOf(u));
    const masked = await maskOne(cohort, u, u2, packed);
    if (U3.includes(u)) inputs.set(u, masked);
    uploads.push({
      index: u,
      values: valuesOf(u).map((part) => [...part]),
      packed: toHex(packed),
      selfKey: toHex(await selfStreamKey(context, (cohort.people[u] as TestMember).secrets.selfMask, u)),
      masked: toHex(masked),
      digest: toHex(await maskedDigest(masked)),
    });
  }
  const answers = new Map(U3.map((v) => [v, buildAnswer({ u2, u3, held: held[v] as Map<number, HeldShare> })]));
  const { packedSum } = await unmaskSum({ ...sumInputs(cohort), maskContext: context, u2, u3, inputs, answers });

  const merkle = [];
  for (const leaves of [1, 2, 3, 5, 8]) {
    const data = Array.from({ length: leaves }, (_, i) => utf8(`leaf ${i}`));
    merkle.push({ data: data.map(toHex), root: toHex(await merkleRoot(await Promise.all(data.map(merkleLeaf)))) });
  }
  const large = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i + (i >>> 8)) & 255);
  return {
    about:
      'Vectors for docs/protocol.md, sections 3 and 5 to 9. Generated by tests/vectors/generate.ts; bytes are hex, bitmaps decimal.',
    merkle,
    records: {
      bitmap: { indices: U2, digest: toHex(uintBytes(u2, 32)) },
      votes: await Promise.all(
        [1, 2, 3, 4].map(async (verdict) => ({
          sumRoot: toHex(utf8('sum root of thirty-two bytes....')),
          modelHash: toHex(utf8('model hash of thirty-two bytes..')),
          verdict,
          digest: toHex(
            await voteDigest(
              toHex(utf8('sum root of thirty-two bytes....')),
              toHex(utf8('model hash of thirty-two bytes..')),
              verdict as Verdict,
            ),
          ),
        })),
      ),
    },
    chunks: {
      rule: 'byte i is (i * i + (i >>> 8)) & 255',
      length: large.length,
      digest: toHex(await maskedDigest(large)),
    },
    layout: { segments: LAYOUT, canonical: canonicalJson(LAYOUT), hash: toHex(await layoutHash(LAYOUT)) },
    context: {
      chainId: Number(round.chainId),
      coordinator: toHex(round.coordinator),
      task: Number(round.task),
      round: round.round,
      group: round.group,
      step: round.step,
      baseModel: toHex(round.baseModel),
      specHash: toHex(round.specHash),
      rosterHash: toHex(round.rosterHash),
      beacon: toHex(round.beacon),
      ctx: toHex(cohort.context),
      u2: u2.toString(),
      maskCtx: toHex(context),
    },
    threshold: cohort.threshold,
    joins,
    bundles,
    pairKeys,
    uploads,
    unmask: {
      u3: u3.toString(),
      answers: Array.from(answers, ([index, answer]) => ({ index, answer: toHex(answer) })),
      packedSum: toHex(packedSum),
      values: unpackVector(LAYOUT, packedSum).map((part) => [...part]),
      sumRoot: toHex(await sumRoot(packedSum)),
      survivors: members(u3),
    },
  };
}
