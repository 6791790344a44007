import { describe, expect, it } from 'vitest';
import { planModel } from '../protocol/model-shapes.ts';
import { modelCost, multiplyAdds } from './cost.ts';
import { predict } from './forward.ts';
import { initialWeights } from './initialise.ts';
import { presetModel, presetsFor } from './presets.ts';
import { weightLayout } from './spec.ts';
import { DATA, pictures } from './testing/data.ts';

const mnist = pictures(28, 10);

describe('presets', () => {
  it('have the number of weights that their papers give', () => {
    const count = (preset: '2nn' | 'mcmahan-cnn' | 'logistic') =>
      weightLayout({ model: presetModel(preset, mnist), data: mnist }).length;
    // McMahan et al. 2017: 199,210 and 1,663,370.
    expect(count('2nn')).toBe(199_210);
    expect(count('mcmahan-cnn')).toBe(1_663_370);
    expect(count('logistic')).toBe(7_850);
  });

  it.each(Object.entries(DATA))('fit %s and say something of it', async (_, data) => {
    for (const preset of presetsFor(data)) {
      const use = { model: presetModel(preset, data), data };
      const { input, output } = planModel(use);
      const features = new Float32Array(2 * input.reduce((a, b) => a * b, 1)).fill(1);
      const scores = predict(use, await initialWeights(use, new Uint8Array(32)), features, 2);
      expect(scores).toHaveLength(2 * output.reduce((a, b) => a * b, 1));
      expect(scores.every(Number.isFinite)).toBe(true);
      const { kind } = planModel(use).target;
      const width = output.at(-1) as number;
      const sums = Array.from({ length: kind === 'classes' || kind === 'next' ? scores.length / width : 0 }, (__, i) =>
        scores.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
      );
      for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('refuse data that they are not for', () => {
    expect(() => presetModel('gru', mnist)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

describe('cost', () => {
  it('counts a layer by hand', () => {
    const use = { model: presetModel('mcmahan-cnn', mnist), data: mnist };
    // 28 x 28 x 32 outputs of 25 products each; 14 x 14 x 64 of 25 x 32; each output's bias and activation count once.
    expect(multiplyAdds(use).slice(0, 3)).toEqual([
      28 * 28 * 32 * (25 + 1),
      14 * 14 * 32 + 28 * 28 * 32,
      14 * 14 * 64 * (25 * 32 + 1),
    ]);
    const { weights, stepMultiplyAdds, stepBytes, stepSeconds } = modelCost(use, 32);
    expect(weights).toBe(1_663_370);
    expect(stepMultiplyAdds).toBe(96 * multiplyAdds(use).reduce((a, b) => a + b, 0));
    expect(stepBytes).toBeGreaterThan(12 * weights);
    // A product of a convolution is its time; the calls of eight layers are nothing beside it.
    expect(stepSeconds).toBeCloseTo(stepMultiplyAdds / 3e9, 1);
  });
});
