/** What a tab keeps of the rounds that it has seen. */
import { describe, expect, it } from 'vitest';
import { type Bytes, utf8 } from '../../src/core/bytes.ts';
import type { Journal } from '../../src/protocol/ports.ts';
import type { ModelMetrics, RoundSummary } from '../../src/session/status.ts';
import { openHistory } from '../../workers/history.ts';

function memory(): Journal {
  const entries = new Map<string, Bytes>();
  return {
    get: async (key) => entries.get(key),
    put: async (key, value) => void entries.set(key, value),
    keys: async () => [...entries.keys()],
    delete: async (key) => void entries.delete(key),
  };
}

const round = (number: number): RoundSummary => ({
  round: number,
  step: number,
  kind: 'training',
  outcome: 'accepted',
  reason: 0,
  joined: 4,
  survivors: 4,
  part: 'counted',
  released: true,
  modelHash: '0x00',
  durationMs: 1,
  uploadBytes: 10,
});
const metrics: ModelMetrics = {
  kind: 'binary',
  names: ['no', 'yes'],
  rows: 2,
  accuracy: 1,
  balancedAccuracy: 1,
  f1: 1,
  auc: 1,
  logLoss: 0,
  confusion: { truePositives: 1, falsePositives: 0, trueNegatives: 1, falseNegatives: 0 },
};

describe('openHistory', () => {
  it('keeps rounds across reloads, in order, each once', async () => {
    const journal = memory();
    (await openHistory(journal)).merge([round(2), round(1)]);
    const reloaded = await openHistory(journal);
    expect(reloaded.merge([]).map(({ round: number }) => number)).toEqual([1, 2]);
    expect(reloaded.merge([{ ...round(2), joined: 9 }, round(3)]).map(({ joined }) => joined)).toEqual([4, 4, 4]);
  });

  it('takes what a site has alone when it comes later', async () => {
    const journal = memory();
    const history = await openHistory(journal);
    history.merge([round(1)]);
    history.merge([{ ...round(1), alone: metrics }]);
    expect((await openHistory(journal)).merge([])[0]?.alone).toEqual(metrics);
  });

  it('begins anew with what it cannot read', async () => {
    const journal = memory();
    await journal.put('page/history', utf8('{'));
    expect((await openHistory(journal)).merge([])).toEqual([]);
    const { kind: _, ...nameless } = metrics;
    await journal.put('page/history', utf8(JSON.stringify([{ ...round(1), own: nameless }, round(2)])));
    expect((await openHistory(journal)).merge([])).toEqual([round(2)]);
    // An earlier version gave reasons in words, and did not say what became of the tab.
    await journal.put('page/history', utf8(JSON.stringify([{ round: 1, reason: '' }, round(2)])));
    expect((await openHistory(journal)).merge([])).toEqual([round(2)]);
  });
});
