// @ts-check
/** Finds a stock Firefox to test with; it is driven over WebDriver BiDi, so it needs no patched build. */
import { isExecutable, namedExecutable, placesOnPath } from './lib/executables.mjs';

/** The path of a Firefox: MURMUR_FIREFOX, then the system's. @returns {string | undefined} undefined when there is none */
export function findFirefox(env = process.env) {
  const elsewhere = ['/Applications/Firefox.app/Contents/MacOS/firefox'];
  const places = [...placesOnPath(env, ['firefox-esr', 'firefox']), ...elsewhere];
  return namedExecutable(env, ['MURMUR_FIREFOX']) ?? places.find(isExecutable);
}
