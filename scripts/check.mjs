// @ts-check
/**
 * `npm run check [-- NAME ...]`: everything that is checked without running Murmur. Each check is one pass or fail;
 * names: see below. `npm test` runs the same list.
 */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { inRoot } from './lib/paths.mjs';
import { run, stopAll } from './lib/process.mjs';

/** What the layer rule covers. */
const FOLDERS = ['src', 'workers', 'relay', 'node', 'bench', 'tests', 'scripts'];
const DEADLINE_MS = 10 * 60_000;
const bin = (/** @type {string} */ name) => inRoot('node_modules/.bin', name);

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} says what holds when it passes
 * @property {string} command
 * @property {string[]} args
 * @property {() => string} [skip] why it cannot be run now; empty when it can
 */

/** @param {string} world @param {string} says @param {() => string} [skip] @returns {Check} */
const types = (world, says, skip) => ({
  name: `types:${world}`,
  says,
  command: bin('tsc'),
  args: ['--project', `tsconfig.${world}.json`],
  ...(skip === undefined ? {} : { skip }),
});

/** @param {string} folder @param {RegExp} file */
const holds = (folder, file) =>
  existsSync(inRoot(folder)) &&
  readdirSync(inRoot(folder), { recursive: true }).some((name) => file.test(String(name)));

/** The slow ones first, so that two cores end together. @type {readonly Check[]} */
export const checks = [
  types('node', 'relay, node, tests and scripts type-check'),
  {
    name: 'types:app',
    says: 'the page type-checks',
    command: bin('svelte-check'),
    args: ['--tsconfig', './tsconfig.app.json', '--fail-on-warnings', '--output', 'human'],
    skip: () => (holds('src/ui', /\.(ts|svelte)$/) ? '' : 'src/ui has no source yet'),
  },
  types('worker', 'what runs in workers type-checks'),
  types('pure', 'the pure folders type-check without DOM and Node'),
  types('browser', 'the browser tests type-check', () =>
    holds('tests/browser', /\.ts$/) ? '' : 'tests/browser has no test yet',
  ),
  {
    name: 'dead-code',
    says: 'no file, export or dependency is unused',
    command: bin('knip'),
    args: ['--no-progress'],
  },
  {
    name: 'layers',
    says: 'imports keep the one-way rule',
    command: bin('depcruise'),
    args: [...FOLDERS.filter((folder) => existsSync(inRoot(folder))), '--output-type', 'err-long'],
  },
  {
    name: 'format',
    says: 'prettier would change nothing',
    command: bin('prettier'),
    args: ['--check', '--log-level', 'warn', '.'],
  },
  { name: 'lint', says: 'oxlint finds nothing', command: bin('oxlint'), args: ['--deny-warnings'] },
  {
    name: 'lock',
    says: 'npm ci accepts package-lock.json on every platform',
    command: process.execPath,
    args: ['scripts/lock.mjs', '--check'],
  },
  {
    name: 'size',
    says: "the page's first JavaScript is small",
    command: bin('size-limit'),
    args: ['--config', 'scripts/size-limit.mjs'],
    skip: () => (existsSync(inRoot('dist/page/index.html')) ? '' : 'there is no page in dist/page'),
  },
];

/**
 * Runs one check and says how it went.
 * @param {Check} check @param {{ patient?: boolean }} options as of {@link run} @returns {Promise<{ failed: boolean, skipped: string }>}
 */
export async function runCheck(check, options = {}) {
  const skipped = check.skip?.() ?? '';
  if (skipped !== '') {
    console.log(`-    ${check.name}: skipped, ${skipped}`);
    return { failed: false, skipped };
  }
  const { code, output, durationMs } = await run(check.command, check.args, { deadlineMs: DEADLINE_MS, ...options });
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  if (code === 0) console.log(`ok   ${check.name}: ${check.says} (${seconds})`);
  else console.log(`FAIL ${check.name}: not so that ${check.says} (${seconds})\n${output.trimEnd()}\n`);
  return { failed: code !== 0, skipped: '' };
}

/** Runs jobs in order, as many at once as there are cores. @param {readonly (() => Promise<void>)[]} jobs */
export async function inParallel(jobs, lanes = availableParallelism()) {
  const waiting = [...jobs];
  const lane = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await job();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function main() {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) {
    throw new Error(`no check is called "${unknown}"; there are: ${checks.map((check) => check.name).join(', ')}`);
  }
  const chosen = checks.filter((check) => names.length === 0 || names.includes(check.name));
  let failures = 0;
  await inParallel(
    chosen.map((check) => async () => {
      failures += (await runCheck(check)).failed ? 1 : 0;
    }),
  );
  if (failures > 0) process.exitCode = 1;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  process.once('SIGINT', () => void stopAll().then(() => process.exit(130)));
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
