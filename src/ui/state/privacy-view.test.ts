import { expect, it } from 'vitest';
import { privacyCostWords as text } from '../words/privacy.ts';
import { gaugeOf } from './privacy-view.ts';

it('gaugeOf shows the cost where there is a limit', () => {
  const cost = { epsilon: 3, delta: 1e-5, protects: 'records' } as const;
  expect(gaugeOf({ ...cost, rounds: 20, noise: 'records' })).toEqual(cost);
});

it('gaugeOf says why there is none', () => {
  expect(gaugeOf({ open: ['update', 'evaluation'] })).toEqual({ none: text.noNoise });
  expect(gaugeOf({ open: ['evaluation'], noise: 'user' })).toEqual({ none: text.exactScores });
  expect(gaugeOf({ open: ['weight'], noise: 'records' })).toEqual({ none: text.someOpen });
  expect(gaugeOf({ open: [], noise: 'user' })).toEqual({ none: text.nobody });
});
