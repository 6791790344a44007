/**
 * Which column of a file each column of a series task is: the one that the person named, else the one of that name (names.ts). Files are
 * asked one by one, because those of one sensor may order their columns differently; so a repair names a column, not its place.
 *
 * Guarantees: no column of a file is taken twice unless the person says so. Not: that a column of the right name holds the right thing.
 */
import { check } from '../core/errors.ts';
import { isNumberText } from '../protocol/cell-text.ts';
import type { SeriesSpec } from '../protocol/data-spec.ts';
import type { ColumnMapping } from './example-report.ts';
import type { ExamplesPlan, ExamplesRepair } from './examples-plan.ts';
import type { Findings } from './findings.ts';
import { matchNames, nearNames, type Wanted } from './names.ts';
import { shorten } from './reading.ts';
import { nameOf } from './source-file.ts';

/** Columns of the files that a report offers, and first cells of each. */
const MAX_SOURCES = 256;
const SAMPLES = 4;
/** Lines of a file in which they are looked for. */
const SAMPLED_LINES = 64;
const SHOWN_NAMES = 20;

export class SeriesColumns {
  readonly #wanted: readonly Wanted[];
  readonly #plan: ExamplesPlan;
  readonly #findings: Findings;
  /** first cells by the name of their column, over all files */
  readonly #sources = new Map<string, string[]>();
  /** by the task's columns; undefined where any file lacks one */
  #chosen: (string | undefined)[] | undefined;
  #names: readonly string[] = [];
  #sampledLines = 0;

  constructor({ columns, learn }: SeriesSpec, plan: ExamplesPlan, findings: Findings) {
    this.#wanted = learn.kind === 'above' ? [...columns, learn] : columns;
    this.#plan = plan;
    this.#findings = findings;
  }

  /**
   * Takes the first line of a file.
   * @returns a place one a column of the task, the label last where it is a column of its own; undefined where the file lacks one, which
   * is noted
   * @throws MurmurError bad-input for a line of numbers, which names nothing
   */
  header(record: readonly string[], path: string): readonly number[] | undefined {
    const names = record.map((cell) => cell.trim());
    check(
      names.some((name) => name !== '' && !isNumberText(name)),
      `${path} has no line that names its columns`,
      'Write the names of the sensors into its first line.',
    );
    this.#names = names;
    this.#sampledLines = 0;
    for (const name of names)
      if (name !== '' && this.#sources.size < MAX_SOURCES && !this.#sources.has(name)) this.#sources.set(name, []);
    const places = this.#places(names);
    const found = places.map((place) => (place === undefined ? undefined : names[place]));
    this.#chosen = this.#chosen?.map((name, i) => (found[i] === undefined ? undefined : name)) ?? found;
    for (const [i, place] of places.entries()) if (place === undefined) this.#noteUnmapped(i, places, path);
    return places.every((place) => place !== undefined) ? places : undefined;
  }

  /** Shows the first cells of every column to whom has to choose one. */
  sample(record: readonly string[]): void {
    if (this.#sampledLines++ >= SAMPLED_LINES) return;
    for (const [place, name] of this.#names.entries()) {
      const samples = this.#sources.get(name);
      const cell = record[place]?.trim() ?? '';
      if (samples !== undefined && samples.length < SAMPLES && cell !== '') samples.push(shorten(cell));
    }
  }

  mapping(): ColumnMapping {
    return {
      columns: this.#wanted.map(({ name }, i) => ({ name, source: this.#chosen?.[i] })),
      sources: [...this.#sources].map(([name, samples]) => ({ name, samples })),
    };
  }

  #places(names: readonly string[]): readonly (number | undefined)[] {
    const { columns } = this.#plan;
    const told = this.#wanted.map(({ name }) => (Object.hasOwn(columns, name) ? columns[name] : undefined));
    const placeOf = (name: string) => (names.indexOf(name) === names.lastIndexOf(name) ? names.indexOf(name) : -1);
    const mapped = told.map((name) => (name === undefined ? -1 : placeOf(name)));
    return matchNames(this.#wanted, names).map((place, i) => {
      if (told[i] !== undefined) return mapped[i] === -1 ? undefined : mapped[i];
      return place !== undefined && mapped.includes(place) ? undefined : place;
    });
  }

  #noteUnmapped(column: number, places: readonly (number | undefined)[], path: string): void {
    const wanted = this.#wanted[column] as Wanted;
    const taken = new Set(places.filter((place) => place !== undefined));
    const near = nearNames(wanted, this.#names, taken);
    // In a file of as many columns as the task uses, the order is a good guess.
    const isBare = this.#names.length === this.#wanted.length && !taken.has(column) && !near.includes(column);
    const repairs = [...near, ...(isBare ? [column] : [])].flatMap((place): readonly ExamplesRepair[] => {
      const source = this.#names[place] ?? '';
      return source === '' ? [] : [{ kind: 'column', column: wanted.name, source }];
    });
    const example = this.#names.slice(0, SHOWN_NAMES).join(', ');
    this.#findings.note('unmapped', { at: nameOf(path), name: wanted.name, example, repairs });
  }
}
