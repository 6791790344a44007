/**
 * What the page costs its user, measured in a real Chromium on a real network with hospitals that train:
 *
 * - page.firstJsGzKb, page.routeJsGzKbMax: JavaScript before anything runs, and the most that one page adds (workers apart), gzip 9;
 * - page.longestTaskMsWhileTraining: longest task of the main thread while the tab takes part in training rounds, median of three traces;
 * - page.importRowsPerSecondRatio: a CSV of 200,000 rows into IndexedDB, encrypted, over papaparse alone in the same worker;
 * - page.axeViolations: all rules of axe on every page and state, narrow and wide, light and dark;
 * - page.lcpMs, page.inpMs, page.cls: on a processor four times slower and slow 4G; the worst over the pages that open without a wallet.
 *
 * `--only sizes,import,vitals,training,axe` measures a part; the others keep their last figures in bench/results.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { figure, type BenchContext, type Figure } from './figure.ts';
import { measureImport } from './page/import.ts';
import { longestTask } from './page/main-thread.ts';
import { type BenchNetwork, launchOptions, startBenchNetwork } from './page/network.ts';
import { measureSizes } from './page/sizes.ts';
import { joinWithSample } from './page/steps.ts';
import { tour } from './page/tour.ts';
import { CPU_SLOWDOWN, openSlowPage, readVitals, type Vitals } from './page/vitals.ts';

const PAGE_FOLDER = pathToFileURL(`${resolve('dist/page')}/`);
/** Code that must not come with the first page. */
const HEAVY = /@tensorflow|tfjs|wagmi|WalletConnect|eip6963:requestProvider/;
const TRACES = 3;
const TRACE_MS = 20_000;
const SHORT_TASK_ROUNDS = 4;

type Progress = (text: string) => void;

function sizeFigures(): readonly Figure[] {
  const { first, routes, firstFiles } = measureSizes(PAGE_FOLDER);
  const heavy = firstFiles.filter((file) => HEAVY.test(readFileSync(new URL(file, PAGE_FOLDER), 'utf8')));
  const [largest, most] = [...routes].sort((a, b) => b[1] - a[1])[0] ?? ['none', 0];
  const list = [...routes].map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)}`).join(', ');
  return [
    figure({
      id: 'page.firstJsGzKb',
      value: first / 1000,
      unit: 'kB',
      goal: 100,
      better: 'lower',
      note: `${firstFiles.length} files; with training or wallet code: ${heavy.join(', ') || 'none'}`,
    }),
    figure({
      id: 'page.routeJsGzKbMax',
      value: most / 1000,
      unit: 'kB',
      goal: 60,
      better: 'lower',
      note: `${largest}; kB by page: ${list}`,
    }),
  ];
}

/** Opens each page on a slow machine and does what a visitor does there first. */
async function vitalFigures(browser: Browser, network: BenchNetwork, progress: Progress): Promise<readonly Figure[]> {
  const all = new Map<string, Vitals>();
  const task = `/alliance/${network.task}`;
  const paths = ['/', '/alliance', task, `${task}/train`, `${task}/result`, '/create', '/data', '/left', '/words'];
  for (const path of paths) {
    progress(`page: vitals of ${path}`);
    const context = await browser.newContext({ viewport: { width: 412, height: 823 } });
    const { page } = await openSlowPage(context);
    await page.goto(network.url + path, { waitUntil: 'load' });
    await page.getByRole('heading', { level: 1 }).waitFor({ timeout: 60_000 });
    // What is on its way counts too: the largest paint is measured until everything is there.
    await page.waitForFunction(() => document.querySelector('.loading') === null, undefined, { timeout: 60_000 });
    await page.waitForTimeout(3_000);
    // Into a page and back by its links, and a key: what a visitor does without a wallet.
    await page.getByRole('link', { name: 'Train together' }).first().click();
    await page.waitForTimeout(3_000);
    await page.getByRole('link', { name: 'Murmur' }).first().click();
    await page.keyboard.press('Tab');
    await page.waitForTimeout(2_000);
    all.set(path, await readVitals(page));
    await context.close();
  }
  const worst = (pick: (vitals: Vitals) => number) => Math.max(...[...all.values()].map(pick));
  const note = (pick: (vitals: Vitals) => number, digits: number) =>
    `CPU ${CPU_SLOWDOWN}x slower, slow 4G, 412 px wide; ${[...all].map(([path, vitals]) => `${path} ${pick(vitals).toFixed(digits)}`).join(', ')}`;
  const lcp = ({ lcpMs }: Vitals) => lcpMs;
  const inp = ({ inpMs }: Vitals) => inpMs;
  const cls = ({ cls: shift }: Vitals) => shift;
  return [
    figure({
      id: 'page.lcpMs',
      value: worst(lcp),
      unit: 'ms',
      goal: 2500,
      better: 'lower',
      note: note(lcp, 0),
    }),
    figure({ id: 'page.inpMs', value: worst(inp), unit: 'ms', goal: 200, better: 'lower', note: note(inp, 0) }),
    figure({ id: 'page.cls', value: worst(cls), unit: '', goal: 0.05, better: 'lower', note: note(cls, 3) }),
  ];
}

async function mainThreadFigure(browser: Browser, network: BenchNetwork, progress: Progress): Promise<Figure> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${network.url}/alliance/${network.task}/train`);
  await joinWithSample(page, 'Hungarian');
  await network.nextTrainingRound();
  const traces = [];
  for (let i = 0; i < TRACES; i++) {
    progress(`page: trace ${i + 1} of ${TRACES} while training`);
    traces.push(await longestTask(page, () => page.waitForTimeout(TRACE_MS)));
  }
  await context.close();
  const walls = traces.map(({ wallMs }) => wallMs).sort((a, b) => a - b);
  const list = traces.map(({ wallMs, threadMs, tasks }) => `${wallMs.toFixed(0)} (${threadMs.toFixed(0)}) of ${tasks}`);
  return figure({
    id: 'page.longestTaskMsWhileTraining',
    value: walls[Math.floor(walls.length / 2)] ?? NaN,
    unit: 'ms',
    goal: 50,
    better: 'lower',
    note: `${TRACES} traces of ${TRACE_MS / 1000} s, live round on screen, four hospitals beside it on the same machine; longest task in ms by the clock (processor time) of tasks: ${list.join(', ')}`,
  });
}

async function axeFigure(browser: Browser, progress: Progress): Promise<Figure> {
  const found: string[] = [];
  let looks = 0;
  // A task of its own: the tour takes part in it to its end.
  const network = await startBenchNetwork(SHORT_TASK_ROUNDS);
  try {
    await tour(browser, network, {
      progress,
      onLook: async ({ name, violations }) => {
        looks++;
        found.push(...violations.map((violation) => `${name}: ${violation}`));
      },
    });
  } finally {
    await network.stop();
  }
  return figure({
    id: 'page.axeViolations',
    value: found.length,
    unit: 'violations',
    goal: 0,
    better: 'lower',
    note: `${looks} looks at pages and states, at 360 and 1280 px, light and dark${found.length > 0 ? `; ${found.slice(0, 8).join('; ')}` : ''}`,
  });
}

/** Runs what needs a network and a browser. */
async function liveFigures(wanted: (name: string) => boolean, progress: Progress): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const browser = await chromium.launch(await launchOptions());
  try {
    if (wanted('axe')) figures.push(await axeFigure(browser, progress));
    if (!wanted('vitals') && !wanted('training')) return figures;
    const network = await startBenchNetwork();
    try {
      if (wanted('vitals')) figures.push(...(await vitalFigures(browser, network, progress)));
      if (wanted('training')) figures.push(await mainThreadFigure(browser, network, progress));
    } finally {
      await network.stop();
    }
  } finally {
    await browser.close();
  }
  return figures;
}

export async function run({ full, args, progress }: BenchContext): Promise<readonly Figure[]> {
  const only = args['only']?.split(',');
  const wanted = (name: string) => only === undefined || only.includes(name);
  const figures: Figure[] = [];
  if (wanted('sizes')) figures.push(...sizeFigures());
  if (wanted('import')) figures.push(await measureImport({ full, progress }));
  if (['vitals', 'training', 'axe'].some(wanted)) figures.push(...(await liveFigures(wanted, progress)));
  return figures;
}
