import { describe, expect, it } from 'vitest';
import { VoidReason } from '../src/protocol/phases.ts';
import { metricsWords, voidSentence } from './status-words.ts';

describe('metricsWords', () => {
  it('says what matters of each kind', () => {
    expect(
      metricsWords({
        kind: 'binary',
        names: ['no', 'yes'],
        rows: 4,
        accuracy: 0.75,
        balancedAccuracy: 0.75,
        f1: 0.6667,
        auc: undefined,
        logLoss: 0.5,
        confusion: { truePositives: 1, falsePositives: 0, trueNegatives: 2, falseNegatives: 1 },
      }),
    ).toBe('accuracy 75.0 %, AUC -, loss 0.500');
    expect(metricsWords({ kind: 'value', rows: 3, rmse: 12.3456, mae: 8, r2: 0.9, unit: 'µg/m³' })).toBe(
      'RMSE 12.346 µg/m³, MAE 8.000 µg/m³, R2 0.900',
    );
    expect(metricsWords({ kind: 'next', characters: 9, accuracy: 0.5, bitsPerCharacter: 2 })).toBe(
      'bits per character 2.000, accuracy 50.0 %',
    );
  });
});

describe('voidSentence', () => {
  it('says why, how many there were of how many, and what to do', () => {
    expect(voidSentence({ reason: VoidReason.TooFewJoined, shortfall: { came: 2, needed: 3 } })).toBe(
      'too few sites joined, 2 of 3 needed (start more sites)',
    );
    expect(voidSentence({ reason: VoidReason.SumMissing })).toBe(
      'nobody posted the sum (is the relay running and in reach?)',
    );
    expect(voidSentence({ reason: 0 })).toBe('');
  });
});
