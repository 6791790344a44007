// @ts-check
/** Finds a Chromium to test with; no test tool's own download is relied on. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const OTHER_PLACES = [
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const IN_PLAYWRIGHT_FOLDER = [
  'chrome-linux/chrome',
  'chrome-linux64/chrome',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
];

/** What a headless Chromium needs to run as root, quietly, and with a (software) WebGPU adapter. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
];

/**
 * The path of a Chromium: MURMUR_CHROMIUM or CHROME_PATH, the system's, then playwright's cache.
 * @throws Error when a path is given by variable and nothing executable is there
 * @returns {string | undefined} undefined when there is none
 */
export function findChromium(env = process.env) {
  for (const name of ['MURMUR_CHROMIUM', 'CHROME_PATH']) {
    const path = env[name];
    if (!path) continue;
    if (isExecutable(path)) return path;
    throw new Error(`${name} is ${path}, and no program is there`);
  }
  const folders = (env['PATH'] ?? '').split(delimiter).concat('/usr/bin');
  const onPath = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...OTHER_PLACES, ...playwrightBuilds(env)].find(isExecutable);
}

/** Builds in playwright's cache, newest first. @param {NodeJS.ProcessEnv} env */
function playwrightBuilds(env) {
  const cache = env['PLAYWRIGHT_BROWSERS_PATH'] || join(homedir(), '.cache/ms-playwright');
  if (!existsSync(cache)) return [];
  const builds = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name));
  builds.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return builds.flatMap((build) => IN_PLAYWRIGHT_FOLDER.map((inside) => join(cache, build, inside)));
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
