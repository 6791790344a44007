/**
 * A walk through every page and state that a person can meet, with a stop at each: narrow and wide, light and dark, all rules of axe, a
 * screenshot. The bench counts violations, the end-to-end tests keep the pictures.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { BenchNetwork } from './network.ts';

export interface Look {
  /** page, state, width and scheme, e.g. `task-360-dark` */
  readonly name: string;
  readonly page: Page;
  readonly violations: readonly string[];
  /** pixels that the page is wider than its window */
  readonly overflow: number;
}

interface TourOptions {
  readonly progress: (text: string) => void;
  readonly onLook: (look: Look) => Promise<void>;
}

const WIDTHS = [360, 1280] as const;
const SCHEMES = ['light', 'dark'] as const;
const PATIENCE_MS = 120_000;

/** A file that fits the heart task but for a column's name, a decimal comma and a unit. */
export const CSV_WITH_REPAIRS = [
  'Age;sex;cp;trestbps;chol;fbs;restecg;thalach;exang;oldpeak;num',
  ...Array.from({ length: 40 }, (_, i) =>
    [
      40 + (i % 35),
      i % 2,
      1 + (i % 4),
      110 + i,
      `${4 + (i % 4)},${i % 10}`,
      i % 2,
      i % 3,
      120 + i,
      (i + 1) % 2,
      `${i % 3},5`,
      i % 3 === 0 ? 0 : 1,
    ].join(';'),
  ),
].join('\n');

/** Makes a wallet in the page if there is none, takes a sample file, and joins. */
export async function joinWithSample(page: Page, sample: string, timeoutMs = PATIENCE_MS): Promise<void> {
  const make = page.getByRole('button', { name: 'Make a wallet in this tab' });
  const made = page.getByTestId('wallet');
  await make.or(made).first().waitFor({ timeout: timeoutMs });
  if (await make.isVisible()) await make.click();
  await made.waitFor({ timeout: timeoutMs });
  await page.getByRole('radio', { name: new RegExp(sample) }).check();
  await page.getByTestId('data-summary').waitFor({ timeout: timeoutMs });
  await page.getByRole('button', { name: 'Join the training' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: timeoutMs });
}
