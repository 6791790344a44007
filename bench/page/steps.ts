/** What a person does on the page, for measurements, tours and tests: makes a wallet, chooses a file, joins. Every step waits for its result. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** A round may be live, and the machine busy. */
const PATIENCE_MS = 120_000;

/**
 * Makes a wallet in the page if there is none, takes a sample file, and joins.
 * @param sample part of the hospital's name, e.g. 'Cleveland', 'Hungarian', 'Zurich', 'Long Beach'
 */
export function joinWithSample(page: Page, sample: string, timeoutMs = PATIENCE_MS): Promise<void> {
  return joinWith(page, () => takeSample(page, sample, timeoutMs), timeoutMs);
}

/** The same with rows that are taken otherwise. @param takeRows resolves when they are read */
export async function joinWith(page: Page, takeRows: () => Promise<void>, timeoutMs = PATIENCE_MS): Promise<void> {
  const make = page.getByRole('button', { name: 'Make a wallet in this tab' });
  const exportKey = page.getByRole('button', { name: 'Export' });
  // The first is there only once the page has looked for a wallet and found none.
  await make.or(exportKey).first().waitFor({ timeout: timeoutMs });
  if (await make.isVisible()) await make.click();
  await exportKey.waitFor({ timeout: timeoutMs });
  await takeRows();
  // The box of a task without noise comes with the page itself.
  if (await noBound(page).isVisible()) await agreeToNoBound(page);
  await page.getByRole('button', { name: 'Join the training' }).click({ timeout: timeoutMs });
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: timeoutMs });
}

const noBound = (page: Page) => page.getByRole('checkbox', { name: /nothing bounds what this task tells/ });

/** Agrees to a task without noise, which no limit of privacy bounds. */
export async function agreeToNoBound(page: Page): Promise<void> {
  await noBound(page).check();
}

/** Chooses a sample file of the task and waits until it is read. */
export async function takeSample(page: Page, sample: string, timeoutMs = PATIENCE_MS): Promise<void> {
  await page.getByRole('radio', { name: new RegExp(sample) }).check();
  await dataIsRead(page, timeoutMs);
}

/** Waits until the chosen rows are read and fit the task. */
export async function dataIsRead(page: Page, timeoutMs = PATIENCE_MS): Promise<void> {
  await page.getByTestId('data-summary').waitFor({ timeout: timeoutMs });
}

/**
 * Violations of any axe rule, each with the elements that it is about. In one frame of one origin, as the page is, axe need not open a
 * second page to gather what its frames say, and nobody reads what passed.
 */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
