/**
 * What every key, share and mask of a round is bound to (docs/protocol.md, section 5). Two rounds that differ in chain,
 * contract, task, round, group, step, layout, start model, spec, roster or beacon have different contexts, hence unrelated
 * masks; two survivor-of-sharing sets U2 have different mask contexts.
 */
import { concatBytes, uintBytes, utf8, type Bytes } from '../core/bytes.ts';
import type { Bitmap } from '../core/bitmap.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { layoutHash, type Layout } from '../protocol/layout.ts';

export interface RoundIdentity {
  readonly chainId: bigint | number;
  /** 20 bytes */
  readonly coordinator: Bytes;
  readonly task: bigint | number;
  readonly round: number;
  readonly group: number;
  /** 0 statistics, 1..R training, R+1 evaluation */
  readonly step: number;
  readonly layout: Layout;
  /** M, 32 bytes; zeros before the first model exists */
  readonly baseModel: Bytes;
  /** Q, 32 bytes */
  readonly specHash: Bytes;
  /** 32 bytes */
  readonly rosterHash: Bytes;
  /** 32 bytes, the value that the contract keeps for the round */
  readonly beacon: Bytes;
}

/** ctx, 32 bytes. */
export async function roundContext(round: RoundIdentity): Promise<Bytes> {
  check(round.coordinator.length === 20, 'coordinator is not 20 bytes');
  for (const name of ['baseModel', 'specHash', 'rosterHash', 'beacon'] as const) {
    check(round[name].length === 32, `${name} is not 32 bytes`);
  }
  return sha256(
    concatBytes(
      utf8('murmur/context/1'),
      uintBytes(round.chainId, 32),
      round.coordinator,
      uintBytes(round.task, 32),
      uintBytes(round.round, 4),
      uintBytes(round.group, 2),
      uintBytes(round.step, 2),
      await layoutHash(round.layout),
      round.baseModel,
      round.specHash,
      round.rosterHash,
      round.beacon,
    ),
  );
}

/** maskCtx, 32 bytes: the context once the contract has computed U2. */
export function maskContext(context: Bytes, u2: Bitmap): Promise<Bytes> {
  check(context.length === 32, 'context is not 32 bytes');
  return sha256(utf8('murmur/mask-context/1'), context, uintBytes(u2, 32));
}
