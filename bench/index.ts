/**
 * Runs one measurement by name and prints it in the one format that all of them share.
 * Each measurement is a module of this folder that exports `run`; it is bundled and loaded on its own.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release } from 'node:os';
import { type Bench, type Figure } from './figure.ts';

/** Where results are kept, seen from dist/node/bench.js. */
const RESULTS = new URL('../../bench/results/', import.meta.url);

const NAMES = ['accuracy', 'learning', 'masking', 'round', 'gas', 'training', 'page'];

interface Command {
  readonly name: string;
  readonly json: boolean;
  readonly full: boolean;
  readonly args: Readonly<Record<string, string>>;
}

/** @throws Error in words when the command line makes no sense */
function parseCommand(words: readonly string[]): Command {
  const [name, ...rest] = words;
  if (name === undefined || !NAMES.includes(name)) {
    const said = name === undefined ? 'no measurement named' : `no measurement is called "${name}"`;
    throw new Error(`${said}; there are: ${NAMES.join(', ')}`);
  }
  const flags = new Set<string>();
  const args: Record<string, string> = {};
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] as string;
    if (!word.startsWith('--')) throw new Error(`expected --key value, found "${word}"`);
    const key = word.slice(2);
    if (key === 'json' || key === 'full') {
      flags.add(key);
      continue;
    }
    const value = rest[++i];
    if (value === undefined) throw new Error(`--${key} needs a value`);
    args[key] = value;
  }
  return { name, json: flags.has('json'), full: flags.has('full'), args };
}

async function loadBench(name: string): Promise<Bench> {
  const url = new URL(`./bench/${name}.js`, import.meta.url);
  try {
    return ((await import(url.href)) as { run: Bench }).run;
  } catch (error) {
    const missing = (error as { code?: string; url?: string }).code === 'ERR_MODULE_NOT_FOUND';
    if (missing && (error as { url?: string }).url === url.href) {
      throw new Error(`bench/${name}.ts does not exist or could not be bundled`, { cause: error });
    }
    throw error;
  }
}

function describeMachine(): string {
  const processors = cpus();
  return `${processors.length} x ${processors[0]?.model ?? arch()}, ${platform()} ${release()}, Node ${process.version}`;
}

function printTable(figures: readonly Figure[]): void {
  const rows = figures.map(({ id, value, unit, goal, better, holds }) => [
    id,
    `${Number(value.toPrecision(5))} ${unit}`,
    `${better === 'higher' ? '>=' : '<='} ${goal}`,
    holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

/** Of a measurement of which only a part was done: what it has from before. */
function earlierFigures(name: string, fresh: readonly Figure[]): readonly Figure[] {
  const file = new URL(`${name}.json`, RESULTS);
  if (!existsSync(file)) return [];
  const { figures } = JSON.parse(readFileSync(file, 'utf8')) as { figures: readonly Figure[] };
  return figures.filter(({ id }) => !fresh.some((figure) => figure.id === id));
}

async function main(): Promise<void> {
  const { name, json, full, args } = parseCommand(process.argv.slice(2));
  const run = await loadBench(name);
  const fresh = await run({ full, args, progress: (text) => process.stderr.write(`${text}\n`) });
  const figures = args['only'] === undefined ? fresh : [...earlierFigures(name, fresh), ...fresh];
  const text = JSON.stringify({ name, machine: describeMachine(), figures }, null, json ? undefined : 2);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  if (!json) printTable(figures);
  console.log(text);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
