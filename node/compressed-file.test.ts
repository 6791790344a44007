import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CompressedFiles, codingFor } from './compressed-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, br;q=0.1', 'br'],
  ['gzip;q=0.5, br;q=0', 'gzip'],
  ['br;q=0.0', 'identity'],
  ['GZIP', 'gzip'],
  ['zstd', 'identity'],
  ['', 'identity'],
  [null, 'identity'],
])('takes of %j %s', (offered, coding) => {
  expect(codingFor(offered)).toBe(coding);
});

it('gives the file back after decoding, smaller on the way', async () => {
  const text = 'murmur '.repeat(10_000);
  const path = join(folder, 'a.js');
  await writeFile(path, text);
  const files = new CompressedFiles();
  const [br, zipped, plain] = await Promise.all([
    files.read(path, 'br'),
    files.read(path, 'gzip'),
    files.read(path, 'identity'),
  ]);
  expect(brotliDecompressSync(br).toString()).toBe(text);
  expect(gunzipSync(zipped).toString()).toBe(text);
  expect(Buffer.from(plain).toString()).toBe(text);
  expect(br.length).toBeLessThan(1000);
});

it('tries a file again that could not be read', async () => {
  const files = new CompressedFiles();
  const path = join(folder, 'late.js');
  await expect(files.read(path, 'br')).rejects.toThrow('ENOENT');
  await writeFile(path, 'here');
  expect(brotliDecompressSync(await files.read(path, 'br')).toString()).toBe('here');
});
