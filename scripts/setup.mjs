// @ts-check
/**
 * What every other script needs first: the dependencies of package-lock.json, and Node bundles that are not older than
 * their sources. Needs Node 20 and npm, nothing else. Writes to stderr only, so that a caller's stdout stays clean.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { isStale } from './lib/freshness.mjs';
import { fitsThisMachine } from './lib/lock.mjs';
import { inRoot, root } from './lib/paths.mjs';

const NODE_MAJOR = 20;

/** Node 20 does not run TypeScript, nor a worker_threads entry in it: one bundle a process or worker. */
const NODE_ENTRIES = {
  murmur: 'node/murmur.ts',
  'aggregator-worker': 'relay/aggregator-worker.ts',
  'trainer-worker': 'node/trainer-worker.ts',
  bench: 'bench/index.ts',
};

/** Of bench/, what is not a measurement by itself. */
const NO_MEASUREMENT = ['index.ts', 'figure.ts'];

const NODE_SOURCES = ['node', 'relay', 'bench', 'src', 'contracts-abi', 'package-lock.json', 'scripts/setup.mjs'];
const PAGE_SOURCES = ['index.html', 'public', 'src', 'workers', 'contracts-abi', 'package-lock.json', 'vite.config.ts'];

/**
 * Dependencies and Node bundles. Throws an Error in words when the dependencies cannot be had.
 * @returns names of bundles that could not be made; esbuild said why on stderr
 */
export async function setup() {
  ensureNode();
  ensureDependencies();
  return buildNodeBundles();
}

/** The page, unless it is newer than its sources. @returns {boolean} whether there is a page */
export function buildPage({ force = false } = {}) {
  if (!existsSync(inRoot('index.html'))) return false;
  if (!force && !isStale('dist/page/index.html', PAGE_SOURCES)) return true;
  say('building the page');
  // Vitest sets NODE_ENV to test, and libraries would bring along what only developers need: a fifth more to download.
  const env = { NODE_ENV: 'production' };
  call(inRoot('node_modules/.bin/vite'), ['build', '--logLevel', 'warn'], 'the page could not be built', env);
  return true;
}

/**
 * Bundles every Node entry that exists, each for itself: one that is broken does not hold the others.
 * @param {{ force?: boolean }} options @returns {Promise<string[]>} names of those that could not be bundled
 */
export async function buildNodeBundles({ force = false } = {}) {
  const stale = Object.entries(nodeEntries()).filter(
    ([name]) => force || isStale(`dist/node/${name}.js`, NODE_SOURCES),
  );
  if (stale.length === 0) return [];
  say('bundling the Node programs');
  const esbuild = await import('esbuild');
  const made = await Promise.allSettled(stale.map(([name, source]) => esbuild.build(bundleOptions(name, source))));
  await esbuild.stop();
  const failed = stale.map(([name]) => name).filter((_, i) => made[i]?.status === 'rejected');
  // What is left of an earlier build would run code that is no longer there.
  for (const name of failed) rmSync(inRoot(`dist/node/${name}.js`), { force: true });
  return failed;
}

/** @param {string} name @param {string} source @returns {import('esbuild').BuildOptions} */
function bundleOptions(name, source) {
  return {
    absWorkingDir: root,
    entryPoints: [source],
    outfile: `dist/node/${name}.js`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${NODE_MAJOR}`,
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  };
}

/** Output name to source; each measurement of bench/ is its own bundle, loaded by name. @returns {Record<string, string>} */
function nodeEntries() {
  /** @type {(name: string, source: string) => [string, string]} */
  const pair = (name, source) => [name, source];
  const measurements = readdirSync(inRoot('bench'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !NO_MEASUREMENT.includes(file))
    .map((file) => pair(`bench/${file.slice(0, -3)}`, `bench/${file}`));
  const all = [...Object.entries(NODE_ENTRIES), ...measurements];
  return Object.fromEntries(all.filter(([, source]) => existsSync(inRoot(source))));
}

function ensureNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR) throw new Error(`Murmur needs Node ${NODE_MAJOR} or newer; this is ${process.version}`);
}

/** Runs `npm ci` unless node_modules is what package-lock.json asks for. */
export function ensureDependencies() {
  const reason = whyInstall();
  if (reason === '') return;
  say(`installing dependencies: ${reason}`);
  // No package needs its install script here (lmdb, esbuild and foundry ship their binaries), so none gets to run.
  const args = 'ci --include=dev --include=optional --ignore-scripts --no-audit --no-fund --loglevel error'.split(' ');
  call('npm', args, 'npm ci failed; is the package registry reachable?');
}

/** @returns {string} why the dependencies must be installed; empty when they need not */
function whyInstall() {
  const installedFile = inRoot('node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return 'node_modules is not there';
  const lockFile = inRoot('package-lock.json');
  const wanted = readPackages(lockFile);
  const installed = readPackages(installedFile);
  // An optional package that could not be had is not asked for again before the lock changes.
  const lockChanged = statSync(lockFile).mtimeMs > statSync(installedFile).mtimeMs;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    const needed = entry.optional !== true || (lockChanged && entry.os !== undefined && fitsThisMachine(entry));
    if (found === undefined ? needed : found.version !== entry.version) {
      return `${path.slice('node_modules/'.length)} should be ${entry.version}`;
    }
  }
  const extra = Object.keys(installed).find((path) => !(path in wanted));
  return extra === undefined ? '' : `${extra.slice('node_modules/'.length)} is not in package-lock.json`;
}

/** @param {string} file @returns {import('./lib/lock.mjs').LockPackages} */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * Runs a command with its stdout on our stderr.
 * @param {string} command @param {string[]} args @param {string} failure @param {Readonly<Record<string, string>>} more of the environment
 */
function call(command, args, failure, more = {}) {
  const env = { ...process.env, ...(process.stderr.isTTY ? {} : { NO_COLOR: '1' }), ...more };
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw new Error(`${failure} (${error.message})`);
  if (status !== 0) throw new Error(failure);
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`murmur: ${text}\n`);
}

/** Runs a script's main function; a failure is one sentence on stderr and exit code 1. @param {() => Promise<void>} main */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  await runScript(async () => {
    const failed = await setup();
    if (failed.length > 0) throw new Error(`could not be bundled: ${failed.join(', ')}`);
  });
}
