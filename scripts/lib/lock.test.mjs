// @ts-check
import { expect, test } from 'vitest';
import { fitsThisMachine, missingPlatformEntries } from './lock.mjs';

test('names platform packages that the lock lacks, with what npm needs to skip them', () => {
  const optionalDependencies = { '@a/binding-darwin-x64': '1.2.3', '@a/binding-linux-arm64-musl': '1.2.3' };
  const packages = {
    'node_modules/a': { version: '1.2.3', dev: true, optionalDependencies },
    'node_modules/@a/binding-darwin-x64': { version: '1.2.3' },
  };
  expect(missingPlatformEntries(packages)).toEqual({
    'node_modules/@a/binding-linux-arm64-musl': {
      version: '1.2.3',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
  });
});

test('finds a nested copy', () => {
  const packages = {
    'node_modules/a/node_modules/b': { optionalDependencies: { 'c-linux-x64': '1.0.0' } },
    'node_modules/a/node_modules/c-linux-x64': { version: '1.0.0' },
  };
  expect(missingPlatformEntries(packages)).toEqual({});
});

test('refuses to invent what a name does not tell', () => {
  const packages = { 'node_modules/a': { optionalDependencies: { plain: '1.0.0' } } };
  expect(() => missingPlatformEntries(packages)).toThrow('run npm install');
});

test('knows what belongs on this machine', () => {
  expect(fitsThisMachine({})).toBe(true);
  expect(fitsThisMachine({ os: [process.platform], cpu: [process.arch] })).toBe(true);
  expect(fitsThisMachine({ os: ['aix'] })).toBe(false);
  expect(fitsThisMachine({ os: [`!${process.platform}`] })).toBe(false);
  expect(fitsThisMachine({ os: ['!aix'] })).toBe(true);
});
