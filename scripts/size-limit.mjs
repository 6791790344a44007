// @ts-check
/** size-limit's configuration: the JavaScript that index.html asks for before anything else runs, compressed. */
import { readFileSync } from 'node:fs';
import { inRoot } from './lib/paths.mjs';

const html = readFileSync(inRoot('dist/page/index.html'), 'utf8');
const first = [...html.matchAll(/(?:src|href)="\/?(?:\.\/)?([^"]+\.js)"/g)].map((match) =>
  inRoot('dist/page', String(match[1])),
);
if (first.length === 0) throw new Error('dist/page/index.html loads no JavaScript: was it built?');

export default [{ name: 'first JavaScript of the page', path: first, gzip: true, limit: '100 kB' }];
