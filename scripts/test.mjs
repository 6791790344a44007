// @ts-check
/**
 * `npm test [-- SUITE ...]`: everything, in an order that keeps the cores busy: what waits for rounds and deadlines runs beside what only
 * computes, which leaves it the processor whenever it wants it. The last line is `N passed, N failed, N skipped`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks, inParallel, runCheck } from './check.mjs';
import { findChromium } from './find-chromium.mjs';
import { findFirefox } from './find-firefox.mjs';
import { inRoot } from './lib/paths.mjs';
import { run, stopAll } from './lib/process.mjs';
import { Tally } from './lib/tally.mjs';
import { buildPage, setup } from './setup.mjs';

const MINUTE_MS = 60_000;
const PATIENT = { patient: true };
const inCi = Boolean(process.env['CI']);
const tally = new Tally();
const reports = mkdtempSync(join(tmpdir(), 'murmur-test-'));

/** What only computes, and has time: the jobs share the cores that nobody else wants, the longest first. @type {Record<string, () => Job[]>} */
const computing = {
  simulation: () => [() => runVitest(['simulation'], 40 * MINUTE_MS, PATIENT)],
  static: () => checks.map((check) => () => countCheck(check)),
  unit: () => [() => runVitest(['unit', 'vectors'], 30 * MINUTE_MS, PATIENT)],
};

/**
 * What waits for real minutes and computes next to nothing: beside everything else, from the start. Its rounds have deadlines that a
 * busy machine keeps. @type {Record<string, Job>}
 */
const waiting = {
  patience: () => runInChromium('patience', 25 * MINUTE_MS),
};

/**
 * What opens ports and browsers, and has deadlines. Suites of a lane take turns, lanes run beside each other: people at pages and sites on
 * chains wait for rounds about half of the time. @type {Record<string, Job>[]}
 */
const lanes = [
  { e2e: () => runInChromium('e2e', 75 * MINUTE_MS) },
  {
    // The compiler is one process for ten minutes: it comes before what has deadlines.
    contracts: runContracts,
    integration: () => runVitest(['integration'], 40 * MINUTE_MS),
    browser: () => runInChromium('browser', 40 * MINUTE_MS),
  },
];

/** @typedef {() => Promise<void>} Job */

/** @param {import('./check.mjs').Check} check */
async function countCheck(check) {
  const { failed, skipped } = await runCheck(check, PATIENT);
  if (skipped !== '') tally.skip(`check ${check.name}`, skipped);
  else if (failed) tally.fail(`check ${check.name}`);
  else tally.passed += 1;
}

/** Contract tests, then whether the generated ABIs are what the sources give. */
async function runContracts() {
  if (!existsSync(inRoot('scripts/contracts.mjs'))) {
    tally.skip('contracts', 'scripts/contracts.mjs does not exist in this checkout');
    return;
  }
  const tests = await run(process.execPath, ['scripts/contracts.mjs', 'test'], {
    deadlineMs: 60 * MINUTE_MS,
  });
  const counts = /^forge: (\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(tests.output);
  const [passed, failed, skipped] = counts === null ? [0, 0, 0] : counts.slice(1).map(Number);
  const good = tests.code === 0 && counts !== null && failed === 0;
  console.log(good ? `ok   contracts: ${counts[0]}` : `FAIL contracts\n${tests.output.trimEnd()}`);
  tally.passed += passed ?? 0;
  for (let i = 0; i < (failed ?? 0); i++) tally.fail(`contract test ${i + 1} of ${failed} (forge names it above)`);
  if (!good && failed === 0) tally.fail(`contracts (exit code ${tests.code})`);
  const reason = tests.output.split('\n').find((line) => /skip/i.test(line) && !line.startsWith('forge:'));
  for (let i = 0; i < (skipped ?? 0); i++) tally.skip('contract test', reason?.trim() ?? '');

  const abi = await run(process.execPath, ['scripts/contracts.mjs', 'check'], {
    deadlineMs: 25 * MINUTE_MS,
    ...PATIENT,
  });
  console.log(abi.code === 0 ? 'ok   contracts-abi' : `FAIL contracts-abi\n${abi.output.trimEnd()}`);
  if (abi.code === 0) tally.passed += 1;
  else tally.fail('contracts-abi is what the contracts give');
}

/** @param {string[]} projects @param {number} deadlineMs @param {{ patient?: boolean }} options as of {@link run} */
async function runVitest(projects, deadlineMs, { patient = false } = {}) {
  const report = join(reports, `${projects.join('-')}.json`);
  const args = ['run', '--passWithNoTests', '--reporter=default', '--reporter=./scripts/vitest-reporter.mjs'];
  const outcome = await run(
    inRoot('node_modules/.bin/vitest'),
    [...args, ...projects.flatMap((name) => ['--project', name])],
    {
      deadlineMs,
      patient,
      env: { MURMUR_TEST_REPORT: report },
    },
  );
  const name = projects.join(', ');
  // Whole, because several suites may run at once.
  console.log(`-- ${name}\n${outcome.output.trim()}\n`);
  if (outcome.leftBehind > 0) console.log(`${name}: ended ${outcome.leftBehind} processes that outlived their tests`);
  if (!existsSync(report)) {
    tally.fail(`${name}: vitest ended with code ${outcome.code} and told no result`);
    return;
  }
  /** @type {import('./vitest-reporter.mjs').Report} */
  const { passed, failed, skipped } = JSON.parse(readFileSync(report, 'utf8'));
  tally.passed += passed;
  for (const failure of failed) tally.fail(failure);
  for (const skip of skipped) tally.skip(skip.name, skip.reason);
  if (outcome.code !== 0 && failed.length === 0) tally.fail(`${name}: vitest ended with code ${outcome.code}`);
}

/** @param {string} project @param {number} deadlineMs */
async function runInChromium(project, deadlineMs) {
  const missing = await ensureBrowsers();
  if (missing === '') await runVitest([project], deadlineMs);
  else if (inCi) tally.fail(`${project}: ${missing}`);
  else tally.skip(project, missing);
}

/** @type {Promise<string> | undefined} one installation serves all suites that wait for it */
let browsers;

/**
 * Finds Chromium and Firefox or installs Debian's. Only the former is needed: without a Firefox its tests skip themselves.
 * @returns {Promise<string>} why there is no Chromium; empty when there is one
 */
function ensureBrowsers() {
  browsers ??= installBrowsers().catch((error) => (error instanceof Error ? error.message : String(error)));
  return browsers;
}

async function installBrowsers() {
  const missing = [findChromium() ?? 'chromium', findFirefox() ?? 'firefox-esr'].filter((name) => !name.includes('/'));
  if (missing.length === 0) return '';
  const none = missing.includes('chromium');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    if (!none) return '';
    return 'no Chromium found (set MURMUR_CHROMIUM to one), and only root on Debian can install it from here';
  }
  console.log(`installing Debian's ${missing.join(' and ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('/usr/bin/apt-get', ['update', '-q'], { deadlineMs: 5 * MINUTE_MS, env });
  const install = ['install', '-q', '-y', '--no-install-recommends', ...missing, 'fonts-liberation'];
  const { output } = await run('/usr/bin/apt-get', install, { deadlineMs: 10 * MINUTE_MS, env });
  if (findChromium() !== undefined) return '';
  return `no Chromium found, and apt-get could not install one: ${output.trimEnd().split('\n').at(-1)}`;
}

/** The page is built before everything else: its size is checked and the end-to-end tests open it. */
function countPage() {
  try {
    if (buildPage()) tally.passed += 1;
    else tally.skip('page', 'index.html does not exist in this checkout');
  } catch (error) {
    tally.fail(error instanceof Error ? error.message : String(error));
  }
}

async function main() {
  const known = [computing, waiting, ...lanes].flatMap((suites) => Object.keys(suites));
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no suite "${unknown}"; there are: ${known.join(', ')}`);
  /** @param {string} name */
  const wanted = (name) => names.length === 0 || names.includes(name);

  for (const name of await setup()) tally.fail(`bundle dist/node/${name}.js`);
  countPage();
  /** @param {Record<string, Job>} suites */
  const jobsOf = (suites) =>
    Object.entries(suites).flatMap(([name, job]) => (wanted(name) ? [() => timed(name, job)] : []));

  const together = Object.keys(computing).filter(wanted);
  const shared = together.flatMap((name) => computing[name]?.() ?? []);
  const turns = lanes.map((suites) => inParallel(jobsOf(suites), 1));
  const compute = shared.length === 0 ? [] : [timed(together.join(', '), () => inParallel(shared))];
  await Promise.all([...turns, ...jobsOf(waiting).map((job) => job()), ...compute]);
}

/** @param {string} name @param {Job} job */
async function timed(name, job) {
  const startedAt = performance.now();
  console.log(`\n== ${name}`);
  await job();
  console.log(`== ${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => void stopAll().then(() => process.exit(1)));
}
try {
  await main();
} catch (error) {
  tally.fail(error instanceof Error ? error.message : String(error));
}
rmSync(reports, { recursive: true, force: true });
tally.print();
process.exit(tally.failed.length > 0 || !tally.ranAny ? 1 : 0);
