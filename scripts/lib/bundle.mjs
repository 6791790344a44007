// @ts-check
/** Runs a Node bundle in this very process, so that signals, stdin and the exit code need no forwarding. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot } from './paths.mjs';

/** @param {string} name of the bundle in dist/node @param {readonly string[]} args */
export async function runBundle(name, args) {
  const file = inRoot(`dist/node/${name}.js`);
  if (!existsSync(file))
    throw new Error(`there is no dist/node/${name}.js: its source is missing or could not be bundled`);
  process.setSourceMapsEnabled(true);
  process.argv.splice(1, Infinity, file, ...args);
  await import(pathToFileURL(file).href);
}
