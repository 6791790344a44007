// @ts-check
/** Vitest reporter: writes what scripts/test.mjs sums up, with the reason that each skipped test gave. */
import { writeFileSync } from 'node:fs';

/**
 * @typedef {{ name: string, reason: string }} Skipped
 * @typedef {{ passed: number, failed: string[], skipped: Skipped[] }} Report
 */

export default class CountingReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly { message: string }[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    /** @type {Report} */
    const report = { passed: 0, failed: unhandled.map((error) => `unhandled: ${error.message}`), skipped: [] };
    for (const module of modules) countModule(module, report);
    const file = process.env['MURMUR_TEST_REPORT'];
    if (file) writeFileSync(file, JSON.stringify(report));
  }
}

/** @param {import('vitest/node').TestModule} module @param {Report} report */
function countModule(module, report) {
  const name = `${module.project.name}: ${module.relativeModuleId}`;
  // A file that does not load, or a hook that throws, has no failed test of its own.
  for (const error of module.errors()) report.failed.push(`${name}: ${error.message}`);
  for (const suite of module.children.allSuites()) {
    for (const error of suite.errors()) report.failed.push(`${name} > ${suite.fullName}: ${error.message}`);
  }
  for (const test of module.children.allTests()) {
    const result = test.result();
    const testName = `${name} > ${test.fullName}`;
    if (result.state === 'passed') report.passed += 1;
    else if (result.state === 'failed') report.failed.push(testName);
    else report.skipped.push({ name: testName, reason: (result.state === 'skipped' && result.note) || '' });
  }
}
