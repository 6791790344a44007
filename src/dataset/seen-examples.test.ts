import { expect, it } from 'vitest';
import { uintBytes } from '../core/bytes.ts';
import { SeenExamples } from './seen-examples.ts';

it('knows every example that it saw, and under which label, while it grows', () => {
  const seen = new SeenExamples();
  const example = (i: number) => [uintBytes(i, 4), uintBytes(i % 7, 1)];
  for (let i = 0; i < 5000; i++) expect(seen.add(example(i), i % 10)).toBeUndefined();
  for (let i = 0; i < 5000; i += 3) expect(seen.add(example(i), 255)).toBe(i % 10);
  expect(seen.add([new Uint8Array(0)], 3)).toBeUndefined();
  expect(seen.add([], 4)).toBe(3);
});
