// @ts-check
/** Counts of passed, failed and skipped tests, with names and reasons, over every kind of test. */

export class Tally {
  passed = 0;
  /** @type {string[]} */
  failed = [];
  /** @type {import('../vitest-reporter.mjs').Skipped[]} */
  skipped = [];

  /** @param {string} name */
  fail(name) {
    this.failed.push(name);
  }

  /** A skip that gives no reason is a failure: nobody could tell whether it was meant. @param {string} name @param {string} reason */
  skip(name, reason) {
    if (reason === '') this.fail(`${name} (skipped without a reason: use context.skip('why'))`);
    else this.skipped.push({ name, reason });
  }

  /** The names of what did not pass, then the one line that tells all. */
  print() {
    for (const { name, reason } of this.skipped) console.log(`skipped: ${name}: ${reason}`);
    for (const name of this.failed) console.log(`FAILED: ${name}`);
    if (!this.ranAny) console.log('no test ran');
    console.log(`${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped`);
  }

  get ranAny() {
    return this.passed + this.failed.length > 0;
  }
}
