import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPageFiles } from './page-files.ts';
import { readPreloads } from './page-preloads.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-preloads-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('names no files where the build wrote none', async () => {
  expect((await readPreloads(folder))('/alliance')).toBeUndefined();
});

it('names a path’s own files, with the page and with nothing else', async () => {
  const list = [{ pattern: '^/alliance/([0-9]{1,18})$', files: ['assets/Task-1.js', 'assets/shared~Task~Left-2.js'] }];
  await writeFile(join(folder, 'preloads.json'), JSON.stringify(list));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'icon.svg'), '<svg/>');
  const files = await openPageFiles(folder);
  const link = async (path: string) => (await files.respond(path, null, {}))?.headers.get('link');
  expect(await link('/alliance/12')).toBe(
    '</assets/Task-1.js>; rel=modulepreload, </assets/shared~Task~Left-2.js>; rel=modulepreload',
  );
  expect(await link('/alliance/x')).toBeNull();
  expect(await link('/')).toBeNull();
  expect(await link('/icon.svg')).toBeNull();
});

it('takes no file from elsewhere', async () => {
  const list = [{ pattern: '^/$', files: ['https://elsewhere.example/a.js'] }];
  await writeFile(join(folder, 'preloads.json'), JSON.stringify(list));
  await expect(readPreloads(folder)).rejects.toThrow();
});
