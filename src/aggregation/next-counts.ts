/**
 * Counts of a target that is the next character, padding left out. Vector: characters ‖ right ones ‖ log-loss in units of 2^-6 nats.
 *
 * Bound: 2^20 texts of at most 2^10 characters · 16 nats · 2^6 units · 2^7 sites = 2^47.
 */
import type { NextMetrics } from '../protocol/metrics.ts';
import { MAX_ROW_LOSS, consistent } from './consistent.ts';

export const NEXT_COUNT = { characters: 0, right: 1, logLoss: 2 } as const;
export const nextLength = 3;
export const NEXT_LOSS_UNIT = 2 ** 6;

/** @throws MurmurError void */
export function nextMetrics(sum: Float64Array): NextMetrics | undefined {
  const [characters, right, logLoss] = Array.from(sum) as [number, number, number];
  consistent(right <= characters, 'more characters are right than there are');
  consistent(logLoss <= characters * MAX_ROW_LOSS * NEXT_LOSS_UNIT, 'the log-loss is larger than the characters allow');
  if (characters === 0) return undefined;
  return {
    kind: 'next',
    characters,
    accuracy: right / characters,
    bitsPerCharacter: logLoss / NEXT_LOSS_UNIT / characters / Math.LN2,
  };
}
