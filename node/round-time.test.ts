import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../src/dataset/heart.ts';
import { EXAMPLES } from '../src/dataset/examples/index.ts';
import { smsTaskSpec } from '../src/dataset/examples/texts.ts';
import { modelCost } from '../src/model/cost.ts';
import { lengthsFor, roundSeconds } from './round-time.ts';

const LENGTHS = { joinSeconds: 2, phaseSeconds: 20, beaconSeconds: 20 };
const WORK = { trainRows: 1000, heldOutRows: 250, sites: 4, threads: 2 };

describe('lengthsFor', () => {
  it('leaves the phases of a small task as short as they are', () => {
    expect(lengthsFor(LENGTHS, heartTaskSpec(), WORK)).toEqual(LENGTHS);
  });

  it('gives a costly task eight times what its round takes', () => {
    const spec = smsTaskSpec();
    const { training } = spec;
    const passes = Math.ceil(1000 / training.batchSize) * (training.epochs ?? 1);
    const { stepSeconds } = modelCost(spec, training.batchSize);
    // Two sites a thread; a held-out row costs as much as a row of training.
    const seconds = 2 * stepSeconds * (passes + Math.ceil(250 / training.batchSize));
    expect(roundSeconds(spec, WORK)).toBeCloseTo(seconds, 6);
    const { joinSeconds, phaseSeconds } = lengthsFor(LENGTHS, spec, WORK);
    expect(phaseSeconds).toBe(Math.ceil(8 * seconds));
    expect(joinSeconds).toBe(Math.ceil(seconds / 4));
  });

  it('has no phase longer than half an hour, and joins in less than half a minute', () => {
    for (const { spec } of EXAMPLES) {
      const { joinSeconds, phaseSeconds } = lengthsFor(LENGTHS, spec(), { ...WORK, trainRows: 1e6 });
      expect(phaseSeconds).toBeLessThanOrEqual(1800);
      expect(joinSeconds).toBeLessThanOrEqual(20);
    }
  });
});
