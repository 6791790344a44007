// @ts-check
/** Whether an output is older than what it is made from, by modification times. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from './paths.mjs';

/** Tests do not enter a bundle, and a measurement's result is not its source. */
const NO_SOURCE = /\.test\.ts$|[/\\]results$/;

/** Newest modification time among files and folders; 0 where nothing exists. @param {readonly string[]} paths */
function newestMs(paths) {
  return Math.max(0, ...paths.map((path) => newestUnder(inRoot(path))));
}

/** @param {string} path @returns {number} */
function newestUnder(path) {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || NO_SOURCE.test(path)) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  // A folder's own time changes when a file in it is removed or renamed.
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newestUnder(join(path, name))));
}

/**
 * @param {string} output @param {readonly string[]} sources files and folders, relative to the root
 */
export function isStale(output, sources) {
  const made = statSync(inRoot(output), { throwIfNoEntry: false });
  return made === undefined || made.mtimeMs < newestMs(sources);
}
