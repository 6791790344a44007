import { describe, expect, it } from 'vitest';
import { testRound } from './testing/cohort.ts';
import { toHex } from '../core/bytes.ts';
import { maskContext, roundContext, type RoundIdentity } from './context.ts';
import type { Layout } from '../protocol/layout.ts';

const layout: Layout = [{ purpose: 'update', length: 4, width: 18, encoding: { kind: 'count' } }];

describe('roundContext', () => {
  it('changes with every field', async () => {
    const other = new Uint8Array(32).fill(9);
    const changes: Partial<RoundIdentity>[] = [
      {},
      { chainId: 1 },
      { coordinator: new Uint8Array(20).fill(1) },
      { task: 2n },
      { round: 2 },
      { group: 1 },
      { step: 2 },
      { layout: [{ ...(layout[0] as Layout[0]), width: 19 }] },
      { baseModel: other },
      { specHash: other },
      { rosterHash: other },
      { beacon: other },
    ];
    const contexts = await Promise.all(
      changes.map(async (change) => toHex(await roundContext(testRound(layout, change)))),
    );
    expect(new Set(contexts).size).toBe(changes.length);
  });

  it('refuses fields of another length', async () => {
    for (const field of ['baseModel', 'specHash', 'rosterHash', 'beacon', 'coordinator'] as const) {
      await expect(roundContext(testRound(layout, { [field]: new Uint8Array(31) }))).rejects.toMatchObject({
        code: 'bad-input',
      });
    }
    await expect(roundContext(testRound(layout, { round: 2 ** 32 }))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('maskContext', () => {
  it('changes with U2', async () => {
    const context = await roundContext(testRound(layout));
    expect(await maskContext(context, 7n)).not.toEqual(await maskContext(context, 15n));
  });
});
