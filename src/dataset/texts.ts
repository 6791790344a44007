/**
 * Texts as encoded rows: character codes over the task's alphabet (0 is the empty place behind a short text; what the alphabet does not
 * have is read as its last character). Two shapes of file:
 * - classes: one text a line with its class in another cell (`ham<TAB>Hello`); cells separated by tabs are taken literally, others may
 *   be quoted (RFC 4180)
 * - next characters: plain text in pieces of the task's length, whose label is the same piece one character on; with a position, every
 *   line is a text of its own
 * Copies count once.
 */
import { check, MurmurError } from '../core/errors.ts';
import type { TextsSpec } from '../protocol/data-spec.ts';
import { type ClassOf, classCounts, classReader } from './class-labels.ts';
import type { ClassCount, ExamplePreview } from './example-report.ts';
import { type BlockOptions, ExampleRows } from './example-rows.ts';
import { type ExamplesPlan, PLAIN_PLAN } from './examples-plan.ts';
import { Findings } from './findings.ts';
import type { ReadExamples } from './pictures.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import { type SourceFile, nameOf, nameOfAll } from './source-file.ts';
import { type SplitSpec, splitSizes } from './split.ts';
import { textPieces } from './text-pieces.ts';

export interface TextTools extends BlockOptions {
  readonly plan?: ExamplesPlan | undefined;
  /** called after each piece of work; may throw to stop */
  readonly onProgress?: (() => void | Promise<void>) | undefined;
}

const SNIFFED_LINES = 200;
const PREVIEWS = 12;
/** More text than this between two line ends is no list of texts. */
const MAX_LINE_CHARACTERS = 1_048_576;

/**
 * Reads the texts of a task from one or several files.
 * @throws MurmurError bad-input for what is no text or has no column of classes; too-large for more than a tab holds
 */
export async function readTexts(
  files: readonly SourceFile[],
  spec: SplitSpec & { readonly data: TextsSpec },
  tools: TextTools = {},
): Promise<ReadExamples> {
  const pass = new TextsPass(spec.data, tools);
  let sizeBytes = 0;
  const onBytes = async (length: number) => {
    sizeBytes += length;
    await tools.onProgress?.();
  };
  for (const file of files) {
    pass.begin(file.path);
    for await (const text of textPieces(file, onBytes)) pass.push(text);
    pass.endFile();
  }
  return pass.end(nameOfAll(files), sizeBytes, spec);
}

/** Codes of a text's characters. */
export class Alphabet {
  readonly #codes = new Map<string, number>();
  readonly #characters: readonly string[];
  readonly #lowerCase: boolean;
  /** characters that were not in the alphabet, so far */
  unknown = 0;

  constructor({ alphabet, lowerCase }: Pick<TextsSpec, 'alphabet' | 'lowerCase'>) {
    this.#characters = [...alphabet];
    this.#lowerCase = lowerCase;
    for (const [i, character] of this.#characters.entries()) this.#codes.set(character, i + 1);
  }

  encode(text: string): readonly number[] {
    const codes: number[] = [];
    for (const character of this.#lowerCase ? text.toLowerCase() : text) {
      const code = this.#codes.get(character);
      if (code === undefined) this.unknown++;
      codes.push(code ?? this.#characters.length);
    }
    return codes;
  }

  /** The text that a model sees: unknown characters as the alphabet's last, empty places left out. */
  decode(codes: ArrayLike<number>): string {
    let text = '';
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] as number;
      if (code > 0) text += this.#characters[code - 1] ?? '';
    }
    return text;
  }
}

/** One line as cells: cut at tabs as it stands, or by the rules of CSV. */
export interface LineReader {
  push(text: string): readonly (readonly string[])[];
  end(): readonly (readonly string[])[];
}

class TextsPass {
  readonly #spec: TextsSpec;
  readonly #rows: ExampleRows;
  readonly #alphabet: Alphabet;
  readonly #plan: ExamplesPlan;
  readonly #findings: Findings;
  readonly #classOf: ClassOf | undefined;
  readonly #counts: Uint32Array;
  readonly #previews: { className: string | undefined; text: string }[] = [];
  #path = '';
  #lines: LineReader | undefined;
  #waiting: (readonly string[])[] | undefined;
  #places = { label: 0, text: 1 };
  #line = 0;
  #seen = 0;
  #characters = 0;
  /** codes of the running text that are not in an example yet */
  #rest: number[] = [];
  #full = false;

  constructor(spec: TextsSpec, tools: TextTools) {
    this.#spec = spec;
    this.#rows = new ExampleRows(spec, tools);
    this.#plan = tools.plan ?? PLAIN_PLAN;
    this.#findings = new Findings(this.#plan);
    this.#alphabet = new Alphabet(spec);
    this.#classOf = spec.learn.kind === 'class' ? classReader(spec.learn.label, this.#plan.classes) : undefined;
    this.#counts = new Uint32Array(spec.learn.kind === 'class' ? spec.learn.label.classes.length : 1);
  }

  begin(path: string): void {
    const { learn, delimiter } = this.#spec;
    this.#path = path;
    this.#line = 0;
    this.#waiting = learn.kind === 'class' ? [] : undefined;
    const running = learn.kind === 'next' && learn.position === undefined;
    this.#lines = running ? undefined : delimiter === '\t' ? new LiteralLines() : new RecordReader(delimiter);
  }

  push(text: string): void {
    if (this.#full) return;
    if (this.#lines === undefined) this.#run(text);
    else this.#take(this.#lines.push(text));
  }

  endFile(): void {
    if (this.#lines !== undefined) this.#take(this.#lines.end());
    if (this.#waiting !== undefined) this.#sniff();
    if (this.#rest.length > 1) this.#addPiece(this.#rest.splice(0));
    this.#rest = [];
  }

  end(fileName: string, sizeBytes: number, spec: SplitSpec): ReadExamples {
    const data = this.#rows.end();
    const { rows } = this.#rows;
    const { learn } = this.#spec;
    if (rows === 0) this.#findings.note('no-rows', { count: this.#seen });
    if (this.#full) this.#findings.note('too-many-rows', { count: rows });
    if (this.#alphabet.unknown > 0)
      this.#findings.note('unknown-characters', { count: this.#alphabet.unknown, of: this.#characters });
    const classes: readonly ClassCount[] =
      learn.kind === 'class' ? classCounts(learn.label, this.#counts, this.#findings) : [];
    const sizes = splitSizes(learn.kind === 'class' ? [...this.#counts] : [rows], spec);
    const preview: ExamplePreview = { kind: 'texts', texts: this.#previews };
    const findings = this.#findings.list(this.#seen);
    return {
      data,
      report: {
        ...{ kind: 'texts', fileName, sizeBytes, plan: this.#plan, findings, rows, classes, preview },
        droppedRows: this.#seen - rows,
        trainRows: sizes.train,
        heldOutRows: sizes.heldOut,
      },
    };
  }

  #take(records: readonly (readonly string[])[]): void {
    if (this.#waiting === undefined) {
      for (const record of records) this.#record(record);
      return;
    }
    this.#waiting.push(...records);
    if (this.#waiting.length >= SNIFFED_LINES) this.#sniff();
  }

  /** Which cell is the class and which the text, from the first lines. */
  #sniff(): void {
    const records = this.#waiting ?? [];
    this.#waiting = undefined;
    const filled = records.filter((record) => !isEmptyLine(record));
    const [first] = filled;
    if (first === undefined) return;
    const classOf = this.#classOf as ClassOf;
    const width = Math.max(...filled.map(({ length }) => length));
    const places = Array.from({ length: width }, (_, place) => {
      const cells = filled.map((record) => record[place] ?? '');
      const known = cells.filter((cell) => classOf(cell) >= 0).length;
      return { place, known, characters: cells.reduce((sum, cell) => sum + cell.length, 0) };
    });
    const label = places.reduce((best, next) => (next.known > best.known ? next : best));
    const others = places.filter(({ place }) => place !== label.place);
    if (label.known < filled.length / 2 || others.length === 0) {
      const marks =
        this.#spec.learn.kind === 'class' ? this.#spec.learn.label.classes.map(({ marks: [mark] }) => mark) : [];
      throw new MurmurError('bad-input', `${this.#path} has no column with the classes of the task`, {
        hint: `A line needs a text and one of: ${marks.slice(0, 8).join(', ')}; separated by ${SEPARATORS[this.#spec.delimiter]}.`,
        details: { file: this.#path },
      });
    }
    const text = others.reduce((best, next) => (next.characters > best.characters ? next : best));
    this.#places = { label: label.place, text: text.place };
    const isHeader = classOf(first[label.place] ?? '') < 0;
    let skipped = false;
    for (const record of records) {
      if (isHeader && !skipped && record === first) {
        skipped = true;
        this.#line++;
      } else this.#record(record);
    }
  }

  #record(record: readonly string[]): void {
    this.#line++;
    if (this.#full || isEmptyLine(record)) return;
    this.#seen++;
    const at = `${nameOf(this.#path)}, line ${this.#line}`;
    const { learn, length } = this.#spec;
    const place = learn.kind === 'class' ? this.#places.text : (learn.position ?? 0);
    const text = record[place]?.trim();
    if (text === undefined) this.#findings.note('short-row', { at, example: record.join(' ') });
    else if (text === '') this.#findings.note('empty', { at });
    else if (text.includes('\uFFFD')) this.#findings.note('undecodable', { at, example: text });
    else if (learn.kind === 'class') {
      const mark = record[this.#places.label] ?? '';
      const label = (this.#classOf as ClassOf)(mark);
      if (label < 0) this.#findings.note('unknown-class', { at, example: mark });
      else this.#addText(this.#encode(text), label, at);
    } else {
      // One line may give several pieces: each counts as an example.
      this.#seen--;
      const codes = this.#encode(text);
      for (let start = 0; start < Math.max(1, codes.length - 1); start += length) {
        this.#addPiece(codes.slice(start, start + length + 1), at);
      }
    }
  }

  #encode(text: string): readonly number[] {
    const codes = this.#alphabet.encode(text);
    this.#characters += codes.length;
    return codes;
  }

  /** Running text: pieces follow each other, and the first character of one is the last label of the piece before. */
  #run(text: string): void {
    this.#rest.push(...this.#encode(text.replace(/\r\n?/gu, '\n')));
    const { length } = this.#spec;
    let start = 0;
    for (; this.#rest.length - start > length; start += length)
      this.#addPiece(this.#rest.slice(start, start + length + 1));
    this.#rest = this.#rest.slice(start);
  }

  #addText(codes: readonly number[], label: number, at: string): void {
    const { length, learn } = this.#spec;
    if (codes.length > length) this.#findings.note('cut', { at });
    this.#write(codes);
    this.#rows.labels[this.#rows.labelAt] = label;
    if (!this.#add(at)) return;
    const before = this.#counts[label] as number;
    this.#counts[label] = before + 1;
    const className = learn.kind === 'class' ? learn.label.classes[label]?.name : undefined;
    if (before < Math.ceil(PREVIEWS / this.#counts.length)) this.#show(className, codes.slice(0, length));
  }

  /** @param codes up to length + 1 of them: the inputs, and one character further the labels */
  #addPiece(codes: readonly number[], at?: string): void {
    if (this.#full || codes.length === 0) return;
    this.#seen++;
    this.#write(codes.slice(0, codes.length > 1 ? codes.length - 1 : 1));
    const { labels, labelAt, labelWidth } = this.#rows;
    for (let i = 0; i < labelWidth; i++) labels[labelAt + i] = codes[i + 1] ?? 0;
    if (this.#add(at) && this.#previews.length < PREVIEWS) this.#show(undefined, codes.slice(0, labelWidth));
  }

  #write(codes: readonly number[]): void {
    const { features, at, width } = this.#rows;
    for (let i = 0; i < width; i++) features[at + i] = codes[i] ?? 0;
  }

  #add(at: string | undefined): boolean {
    const added = this.#rows.add();
    if (added === 'full') this.#full = true;
    else if (added === 'duplicate') this.#findings.note('duplicates', at === undefined ? {} : { at });
    else if (added === 'contradiction') this.#findings.note('contradictions', at === undefined ? {} : { at });
    return added === 'added';
  }

  #show(className: string | undefined, codes: readonly number[]): void {
    this.#previews.push({ className, text: this.#alphabet.decode(codes) });
  }
}

const SEPARATORS: Readonly<Record<TextsSpec['delimiter'], string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'a tab',
  '|': 'vertical bars',
  ' ': 'spaces',
};

/** Lines cut at tabs, quotation marks being characters like others: texts hold them unpaired. */
export class LiteralLines implements LineReader {
  #rest = '';
  #begun = false;

  push(text: string): readonly (readonly string[])[] {
    const fresh = this.#begun || !text.startsWith('\uFEFF') ? text : text.slice(1);
    this.#begun ||= text !== '';
    const lines = (this.#rest + fresh).split('\n');
    this.#rest = lines.pop() ?? '';
    check(
      this.#rest.length <= MAX_LINE_CHARACTERS && !text.includes('\0'),
      'the file holds no lines of text',
      'Choose a text file with one text a line.',
    );
    return lines.map(cellsOf);
  }

  end(): readonly (readonly string[])[] {
    return this.#rest === '' ? [] : [cellsOf(this.#rest)];
  }
}

function cellsOf(line: string): readonly string[] {
  return (line.endsWith('\r') ? line.slice(0, -1) : line).split('\t');
}
