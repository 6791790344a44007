/** Where things lie on this machine. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: the folder above this code, bundled or not, that holds package.json. */
export const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** Everything that the local network remembers. */
export const STATE_FOLDER = join(ROOT, '.murmur');
/** What was spent of this machine's data sets. Beside the network's state, as starting that anew gives nothing back. */
export const BUDGET_FOLDER = join(ROOT, '.murmur-budget');
export const PAGE_FOLDER = join(ROOT, 'dist/page');
/** The page's static files; the examples' data are under it. */
export const PUBLIC_FOLDER = join(ROOT, 'public');
export const HEART_FOLDER = join(PUBLIC_FOLDER, 'data/heart');
export const AGGREGATOR_WORKER = join(ROOT, 'dist/node/aggregator-worker.js');
export const TRAINER_WORKER = join(ROOT, 'dist/node/trainer-worker.js');

function rootAbove(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder;
  }
}
