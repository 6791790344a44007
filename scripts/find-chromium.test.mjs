// @ts-check
import { expect, test } from 'vitest';
import { findChromium } from './find-chromium.mjs';

test('takes the path that a variable gives', () => {
  expect(findChromium({ MURMUR_CHROMIUM: process.execPath })).toBe(process.execPath);
  expect(findChromium({ CHROME_PATH: process.execPath })).toBe(process.execPath);
});

test('a variable that leads nowhere is an error, not another Chromium', () => {
  expect(() => findChromium({ MURMUR_CHROMIUM: '/nowhere' })).toThrow('MURMUR_CHROMIUM is /nowhere');
});
