/**
 * What texts a sample holds, as a first guess for the person who creates a task: one a line with its class in another cell, or plain text
 * from which the next character can be learnt; the classes with their counts, how long texts are, and which characters they are made of.
 *
 * Guarantees: a character that is rare in the sample does not enter the guessed alphabet, which becomes public. Not: that a class is one;
 * the person who creates the task corrects it.
 */
import { check } from '../core/errors.ts';
import { MAX_CLASSES } from '../protocol/limits.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import { type FoundClass, inOrder } from './infer-classes.ts';
import type { Delimiter } from './reading-plan.ts';
import { isEmptyLine, RecordReader } from './records.ts';
import { guessShape } from './shape.ts';
import { nameOfAll, type SourceFile } from './source-file.ts';
import { textPieces } from './text-pieces.ts';
import { type LineReader, LiteralLines, type TextTools } from './texts.ts';

export interface InferredTexts {
  readonly kind: 'texts';
  readonly fileName: string;
  readonly delimiter: Delimiter;
  /** texts that are a cell of a line each; undefined where the file is one running text */
  readonly lines: InferredLines | undefined;
  /** characters of all texts */
  readonly characters: number;
  /** those that occur often enough to be told apart, letters first, without line ends; as they are written, and all in small letters */
  readonly alphabet: string;
  readonly lowerAlphabet: string;
  /** line ends are part of the texts */
  readonly lineEnds: boolean;
}

export interface InferredLines {
  readonly count: number;
  /** 0-based, of the cell that holds the text */
  readonly textPlace: number;
  /** name of the class's cell, where a first line names the cells */
  readonly labelName: string | undefined;
  readonly classes: readonly FoundClass[];
  /** that many characters hold nine texts of ten */
  readonly usualLength: number;
}

const SNIFFED_LINES = 200;
/** Lines that have as many cells as most. */
const SAME_WIDTH = 0.9;
/** Different values of a class among the first lines, at most; more are texts. */
const MOST_SNIFFED_CLASSES = 50;
/** A class is a word or two, a text is longer. */
const LONGEST_MARK = 64;
const SHORTEST_TEXT = 20;
/** Of all characters of a line; a remark in a table has fewer. */
const MOST_OF_LINE = 0.5;
/** A character that is rarer than this is one of "all others". */
const RAREST = 1 / 20_000;
const MOST_CHARACTERS = 128;
/** Most lengths that are remembered, for their ninth decile. */
const REMEMBERED_LENGTHS = 65_536;

/**
 * @throws MurmurError bad-input for what is no text, or holds none
 */
export async function inferTexts(files: readonly SourceFile[], tools: TextTools = {}): Promise<InferredTexts> {
  const pass = new TextsGuess();
  for (const file of files) {
    pass.begin();
    for await (const text of textPieces(file, async () => tools.onProgress?.())) pass.push(text);
    pass.endFile();
  }
  return pass.end(nameOfAll(files));
}

/** Which cell of a line is the class and which the text. */
export interface TextPlaces {
  readonly label: number;
  readonly text: number;
}

/** How lines of a text are cut into cells, with its first lines; undefined for running text. */
export function sniffLines(
  head: string,
): { readonly delimiter: Delimiter; readonly places: TextPlaces; readonly header: boolean } | undefined {
  const whole = head.slice(0, head.lastIndexOf('\n') + 1) || head;
  const tabbed = new LiteralLines();
  const byTabs = [...tabbed.push(whole), ...tabbed.end()].slice(0, SNIFFED_LINES);
  const places = placesOf(byTabs);
  if (places !== undefined) return { delimiter: '\t', ...places };
  const { delimiter, names, records } = guessShape(whole, true, false);
  if (delimiter === ' ' || delimiter === '\t') return undefined;
  const cells = names.length > 0 ? [names, ...records] : records;
  const found = placesOf(cells.slice(0, SNIFFED_LINES));
  return found && { delimiter, ...found };
}

function placesOf(
  records: readonly (readonly string[])[],
): { readonly places: TextPlaces; readonly header: boolean } | undefined {
  const filled = records.filter((record) => !isEmptyLine(record));
  const width = mostFrequent(filled.map(({ length }) => length));
  const lines = filled.filter(({ length }) => length === width);
  if (width < 2 || lines.length < 3 || lines.length < SAME_WIDTH * filled.length) return undefined;
  const columns = Array.from({ length: width }, (_, place) => {
    const cells = lines.map((record) => (record[place] as string).trim());
    const counts = new Map<string, number>();
    for (const cell of cells.slice(1)) counts.set(canonicalCell(cell), (counts.get(canonicalCell(cell)) ?? 0) + 1);
    const longest = cells.reduce((most, { length }) => Math.max(most, length), 0);
    const characters = cells.reduce((sum, { length }) => sum + length, 0);
    return { place, counts, longest, mean: characters / cells.length, first: canonicalCell(cells[0] as string) };
  });
  const text = columns.reduce((best, next) => (next.mean > best.mean ? next : best));
  const isClass = ({ counts, longest }: (typeof columns)[number]) =>
    counts.size >= 2 && counts.size <= Math.min(MOST_SNIFFED_CLASSES, lines.length / 2) && longest <= LONGEST_MARK;
  const [label] = columns
    .filter((column) => column !== text && isClass(column))
    .sort((a, b) => a.counts.size - b.counts.size);
  const line = columns.reduce((sum, { mean }) => sum + mean, 0);
  const wordy = text.mean >= Math.max(SHORTEST_TEXT, MOST_OF_LINE * line) && text.counts.size > lines.length / 2;
  if (label === undefined || !wordy) return undefined;
  return { places: { label: label.place, text: text.place }, header: !label.counts.has(label.first) };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0];
}

class TextsGuess {
  readonly #classes = new Map<string, number>();
  readonly #characters = new Map<string, number>();
  readonly #lengths: number[] = [];
  #reader: LineReader | undefined;
  /** of the first file; others are read alike */
  #shape: ReturnType<typeof sniffLines>;
  #sniffed = false;
  #labelName: string | undefined;
  #lines = 0;
  #total = 0;
  #firstLine = true;

  begin(): void {
    this.#firstLine = true;
    this.#reader = undefined;
  }

  push(text: string): void {
    if (!this.#sniffed) {
      this.#sniffed = true;
      this.#shape = sniffLines(text);
    }
    if (this.#shape === undefined) {
      check(!text.includes('\0'), 'the file holds bytes that are no text', 'Choose a text file.');
      this.#count(text.replace(/\r\n?/gu, '\n'));
      return;
    }
    const { delimiter } = this.#shape;
    this.#reader ??= delimiter === '\t' ? new LiteralLines() : new RecordReader(delimiter);
    this.#take(this.#reader.push(text));
  }

  endFile(): void {
    if (this.#reader !== undefined) this.#take(this.#reader.end());
  }

  end(fileName: string): InferredTexts {
    check(this.#total > 0, `${fileName} holds no text`, 'Choose a text file with text in it.');
    const lineEnds = this.#characters.has('\n');
    return {
      kind: 'texts',
      fileName,
      delimiter: this.#shape?.delimiter ?? '\t',
      lines: this.#shape && {
        count: this.#lines,
        textPlace: this.#shape.places.text,
        labelName: this.#labelName,
        classes: inOrder(this.#classes),
        usualLength: this.#usualLength(),
      },
      characters: this.#total,
      alphabet: this.#alphabet(this.#characters),
      lowerAlphabet: this.#alphabet(lowered(this.#characters)),
      lineEnds,
    };
  }

  #take(records: readonly (readonly string[])[]): void {
    const { places, header } = this.#shape as NonNullable<ReturnType<typeof sniffLines>>;
    for (const record of records) {
      if (isEmptyLine(record)) continue;
      const isHeader = this.#firstLine && header;
      this.#firstLine = false;
      if (isHeader) {
        this.#labelName = record[places.label]?.trim().slice(0, LONGEST_MARK) || undefined;
        continue;
      }
      const [mark, text] = [record[places.label], record[places.text]?.trim()];
      // Lines without both are told of when the file is read for the task.
      if (mark === undefined || text === undefined || text === '') continue;
      this.#lines++;
      const known = canonicalCell(mark);
      // One more than may be is enough to tell the person that these are no classes.
      if (this.#classes.has(known) || this.#classes.size <= MAX_CLASSES)
        this.#classes.set(known, (this.#classes.get(known) ?? 0) + 1);
      if (this.#lengths.length < REMEMBERED_LENGTHS) this.#lengths.push([...text].length);
      this.#count(text);
    }
  }

  #count(text: string): void {
    for (const character of text) {
      this.#characters.set(character, (this.#characters.get(character) ?? 0) + 1);
      this.#total++;
    }
  }

  #usualLength(): number {
    const sorted = [...this.#lengths].sort((a, b) => a - b);
    return sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0;
  }

  #alphabet(counts: ReadonlyMap<string, number>): string {
    const least = Math.max(2, RAREST * this.#total);
    const often = [...counts].filter(([character, count]) => count >= least && isVisible(character));
    const most = often.sort((a, b) => b[1] - a[1]).slice(0, MOST_CHARACTERS);
    return most
      .map(([character]) => character)
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .join('');
  }
}

/** The same counts with capitals read as small letters. */
function lowered(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const [character, count] of counts) {
    for (const small of character.toLowerCase()) all.set(small, (all.get(small) ?? 0) + count);
  }
  return all;
}

/** Line ends and other control characters, and what stands for bytes that are no text, are no letters of an alphabet. */
function isVisible(character: string): boolean {
  return !/[\p{Cc}\uFFFD\uFEFF]/u.test(character);
}

/** Letters, then digits, then the rest. */
function rank(character: string): number {
  if (/\p{L}/u.test(character)) return 0;
  return /\p{N}/u.test(character) ? 1 : 2;
}
