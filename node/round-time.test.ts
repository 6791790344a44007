import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../src/dataset/heart.ts';
import { EXAMPLES } from '../src/dataset/examples/index.ts';
import { smsWriterTaskSpec } from '../src/dataset/examples/texts.ts';
import { modelCost } from '../src/model/cost.ts';
import { lengthsFor, roundSeconds } from './round-time.ts';

const LENGTHS = { joinSeconds: 2, phaseSeconds: 20, beaconSeconds: 20 };
const WORK = { trainRows: 1000, heldOutRows: 250, sites: 4, threads: 2 };

describe('lengthsFor', () => {
  it('leaves the phases of a small task as short as they are', () => {
    expect(lengthsFor(LENGTHS, heartTaskSpec(), WORK)).toEqual(LENGTHS);
  });

  it('gives a costly task twenty times what its round takes', () => {
    const spec = smsWriterTaskSpec({
      training: { rounds: 20, epochs: 1, batchSize: 32, learningRate: 0.1, optimiser: 'sgd', l2: 0 },
    });
    // Two sites a thread, 32 batches of training rows; a held-out row, of which there are 8 batches, costs as much as another.
    const seconds = 2 * modelCost(spec, 32).stepSeconds * (32 + 8);
    expect(roundSeconds(spec, WORK)).toBeCloseTo(seconds, 6);
    const { joinSeconds, phaseSeconds } = lengthsFor(LENGTHS, spec, WORK);
    expect(phaseSeconds).toBe(Math.min(1800, Math.ceil(20 * seconds)));
    expect(joinSeconds).toBe(Math.min(20, Math.ceil(seconds / 4)));
  });

  it('has no phase longer than half an hour, and joins in less than half a minute', () => {
    for (const { spec } of EXAMPLES) {
      const { joinSeconds, phaseSeconds } = lengthsFor(LENGTHS, spec(), { ...WORK, trainRows: 1e6 });
      expect(phaseSeconds).toBeLessThanOrEqual(1800);
      expect(joinSeconds).toBeLessThanOrEqual(20);
    }
  });
});
