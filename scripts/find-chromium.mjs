// @ts-check
/** Finds a Chromium to test with; no test tool's own download is relied on. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isExecutable, namedExecutable, placesOnPath } from './lib/executables.mjs';

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
  const places = [...placesOnPath(env, SYSTEM_NAMES), ...OTHER_PLACES];
  const named = namedExecutable(env, ['MURMUR_CHROMIUM', 'CHROME_PATH']);
  return named ?? [...places, ...playwrightBuilds(env)].find(isExecutable);
}

/** Builds in playwright's cache, newest first. @param {NodeJS.ProcessEnv} env */
function playwrightBuilds(env) {
  const cache = env['PLAYWRIGHT_BROWSERS_PATH'] || join(homedir(), '.cache/ms-playwright');
  if (!existsSync(cache)) return [];
  const builds = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name));
  builds.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return builds.flatMap((build) => IN_PLAYWRIGHT_FOLDER.map((inside) => join(cache, build, inside)));
}
