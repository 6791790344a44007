import { describe, expect, it } from 'vitest';
import { formatBytes, formatCountdown, formatDuration, formatPercent, shortHash } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [52_400, '52.4 kB'],
    [999_600, '1.0 MB'],
    [123_456_789, '123 MB'],
  ])('writes %i bytes as %s', (size, text) => expect(formatBytes(size)).toBe(text));

  it('writes a share as per cent', () => expect(formatPercent(0.7943)).toBe('79.4\u202f%'));

  it.each([
    [-5, '0:00'],
    [1, '0:01'],
    [14_000, '0:14'],
    [61_200, '1:02'],
  ])('counts %i ms down as %s', (left, text) => expect(formatCountdown(left)).toBe(text));

  it.each([
    [0.34, '0.3 ms'],
    [850, '850 ms'],
    [4210, '4.2 s'],
    [185_000, '3 min 5 s'],
  ])('writes %f ms as %s', (duration, text) => expect(formatDuration(duration)).toBe(text));

  it('shortens long hashes only', () => {
    expect(shortHash(`0x9f2c${'0'.repeat(56)}71b0`)).toBe('0x9f2c…71b0');
    expect(shortHash('0x12')).toBe('0x12');
  });
});
