// @ts-check
/** Programs of this machine that tests need and no package brings. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path that a variable names.
 * @param {NodeJS.ProcessEnv} env @param {readonly string[]} names
 * @throws Error when nothing executable is there @returns {string | undefined} undefined when no variable is set
 */
export function namedExecutable(env, names) {
  for (const name of names) {
    const path = env[name];
    if (!path) continue;
    if (isExecutable(path)) return path;
    throw new Error(`${name} is ${path}, and no program is there`);
  }
  return undefined;
}

/** Every place where programs of these names may lie. @param {NodeJS.ProcessEnv} env @param {readonly string[]} names */
export function placesOnPath(env, names) {
  const folders = (env['PATH'] ?? '').split(delimiter).concat('/usr/bin');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}
