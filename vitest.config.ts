/**
 * Test projects. `npx vitest run --project unit` runs one of them; `npm test` runs all, see scripts/test.mjs.
 * A test that cannot run says why: `context.skip('reason')`; a skip without a reason counts as a failure in `npm test`.
 */
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumFlags, findChromium } from './scripts/find-chromium.mjs';
import viteConfig from './vite.config.ts';

const chromium = findChromium();

/** What shows a moment after an action, on a page or on a chain, is asked for until it is there. */
const expect = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    // Deadlines are for what hangs: what only computes waits for the processor while other suites run (scripts/test.mjs).
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,relay,node,bench}/**/*.test.ts', 'scripts/**/*.test.mjs'],
          environment: 'node',
          expect,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'vectors',
          include: ['tests/{vectors,masking}/**/*.test.ts'],
          environment: 'node',
          expect,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'simulation',
          execArgv: ['--max-semi-space-size=64'],
          include: ['tests/{simulation,fault}/**/*.test.ts'],
          environment: 'node',
          expect,
          testTimeout: 300_000,
        },
      },
      {
        // Ports, a chain and timings: one file at a time.
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['scripts/vitest-programs.mjs'],
          fileParallelism: false,
          expect,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...viteConfig,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          fileParallelism: false,
          expect,
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: chromiumFlags, ...(chromium === undefined ? {} : { executablePath: chromium }) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        // What takes ten minutes because a person would wait ten minutes: runs beside the suites that take turns.
        test: {
          name: 'patience',
          include: ['tests/patience/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['scripts/vitest-programs.mjs'],
          expect,
          testTimeout: 900_000,
          hookTimeout: 180_000,
        },
      },
      {
        // Whole people at whole pages: playwright-core drives Chromium from Node.
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['scripts/vitest-programs.mjs'],
          fileParallelism: false,
          expect,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
