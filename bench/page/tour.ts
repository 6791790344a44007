/**
 * A walk through every page and state that a person can meet, with a stop at each: narrow and wide, light and dark, all rules of axe, a
 * screenshot. The bench counts violations, the end-to-end tests keep the pictures.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { BenchNetwork } from './network.ts';
import { axeViolations, joinWithSample } from './steps.ts';

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

/** A file that fits the heart task but for how numbers are written, a unit, and two marks. */
const CSV_WITH_FINDINGS = [
  'Age;sex;cp;trestbps;chol;fbs;restecg;thalach;exang;oldpeak;num',
  ...Array.from({ length: 40 }, (_, i) =>
    [
      40 + (i % 35),
      i % 2 === 0 ? 'male' : 'female',
      1 + (i % 4),
      110 + i,
      180 + 2 * i,
      i % 2,
      i === 7 ? 'unknown' : i % 3,
      120 + i,
      (i + 1) % 2,
      `${i % 3},5`,
      i % 3 === 0 ? 0 : 1,
    ].join(';'),
  ),
].join('\n');

/**
 * Walks through all of it; takes some minutes, because a task has to end.
 * @param network whose task is short: the tour takes part in it to its end
 */
export async function tour(browser: Browser, network: BenchNetwork, options: TourOptions): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  const train = `/alliance/${network.task}/train`;
  const stop = (name: string) => lookAround(page, name, options);
  const at = async (path: string, name: string) => {
    await open(page, network.url + path);
    await stop(name);
  };
  try {
    await open(page, network.url + train);
    await page.getByRole('button', { name: 'Make a wallet in this tab' }).waitFor({ timeout: PATIENCE_MS });
    await stop('train-set-up');
    await page.locator('input[type=file]').setInputFiles({
      name: 'ward.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(CSV_WITH_FINDINGS),
    });
    await page.getByTestId('findings').waitFor({ timeout: PATIENCE_MS });
    await stop('train-findings');
    await joinWithSample(page, 'Hungarian');
    await page.getByTestId('cohort-news').waitFor({ timeout: PATIENCE_MS });
    await stop('train-live');

    const other = await context.newPage();
    await open(other, network.url + train);
    await lookAround(other, 'train-elsewhere', options);
    await other.close();

    await at('/', 'home');
    await at('/alliance', 'alliance');
    await at(`/alliance/${network.task}`, 'task');
    await at('/alliance/999999', 'task-unknown');
    await at(`/alliance/${network.task}/result`, 'result-early');
    await at('/create', 'create');
    for (const example of ['Heart disease', 'X-rays', 'Text messages', 'Air quality']) {
      await page.getByRole('button', { name: new RegExp(`^${example}`) }).click();
      await page.getByText('Nothing was uploaded').waitFor({ timeout: PATIENCE_MS });
      await page.getByTestId('model-weights').filter({ hasText: /\d/ }).waitFor({ timeout: PATIENCE_MS });
      await stop(`create-${example.toLowerCase().replaceAll(' ', '-')}`);
    }
    await at('/data', 'data');
    await at('/left', 'left');
    await at('/words', 'words');
    await at('/kit', 'kit');
    await at('/nowhere', 'not-found');

    options.progress('tour: waiting for the end of the task');
    await open(page, network.url + train);
    await network.finished();
    await page.getByRole('heading', { name: 'The model is ready' }).waitFor({ timeout: PATIENCE_MS });
    await stop('train-over');
    await at(`/alliance/${network.task}/result`, 'result');
    await at(`/alliance/${network.task}`, 'task-finished');
  } finally {
    await context.close();
  }
  await withoutNetwork(browser, network, options);
}

/** What a person meets when nothing answers. */
async function withoutNetwork(browser: Browser, network: BenchNetwork, options: TourOptions): Promise<void> {
  const context: BrowserContext = await browser.newContext({ reducedMotion: 'reduce' });
  await context.route('**/network.json', (route) => route.abort());
  const page = await context.newPage();
  const paths = [
    '/',
    '/alliance',
    '/alliance/1',
    '/alliance/1/train',
    '/alliance/1/result',
    '/create',
    '/data',
    '/left',
  ];
  for (const path of paths) {
    await open(page, network.url + path);
    await lookAround(page, `no-network${path.replaceAll('/', '-')}`, options);
  }
  await context.close();
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: PATIENCE_MS });
  // What the worker reads comes a little later than the heading; bars stand for it until then.
  await page
    .locator('.loading')
    .first()
    .waitFor({ state: 'detached', timeout: 20_000 })
    .catch(() => undefined);
}

async function lookAround(page: Page, name: string, { progress, onLook }: TourOptions): Promise<void> {
  progress(`tour: ${name}`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      // A chart is drawn anew after the change.
      await page.waitForTimeout(150);
      await onLook({
        name: `${name}-${width}-${colorScheme}`,
        page,
        violations: await axeViolations(page),
        overflow: await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      });
    }
  }
}
