import { expect, it } from 'vitest';
import { lazy } from './lazy.ts';

it('loads once for all who want it, and again after a failure', async () => {
  let loads = 0;
  const load = lazy(() => {
    loads++;
    return loads === 1 ? Promise.reject(new Error('away')) : Promise.resolve(loads);
  });
  await expect(load()).rejects.toThrow('away');
  expect(await Promise.all([load(), load()])).toEqual([2, 2]);
  expect(loads).toBe(2);
});
