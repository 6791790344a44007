// @ts-check
/** `npm run lock`: adds the platform packages that npm left out of package-lock.json (see lib/lock.mjs for why). */
import { readFileSync, writeFileSync } from 'node:fs';
import { missingPlatformEntries } from './lib/lock.mjs';
import { inRoot } from './lib/paths.mjs';

const file = inRoot('package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = missingPlatformEntries(lock.packages);
const entries = Object.entries({ ...lock.packages, ...missing });
lock.packages = Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, 'en')));
if (Object.keys(missing).length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${Object.keys(missing).length} platform packages added`);
