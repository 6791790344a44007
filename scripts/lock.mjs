// @ts-check
/**
 * `npm run lock`: adds the platform packages that npm left out of package-lock.json (lib/lock.mjs says why).
 * Run it after every `npm install`; `--check` changes nothing and fails if some are missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { missingPlatformEntries } from './lib/lock.mjs';
import { inRoot } from './lib/paths.mjs';

const file = inRoot('package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = missingPlatformEntries(lock.packages);
const count = Object.keys(missing).length;

if (process.argv.includes('--check')) {
  if (count > 0) {
    console.error(`package-lock.json lacks ${count} platform packages, npm ci will refuse it: run npm run lock`);
    process.exitCode = 1;
  }
} else {
  const entries = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b, 'en')));
  if (count > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${count} platform packages added`);
}
