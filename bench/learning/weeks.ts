/** Parts of a station's file by its lines, as if the station had recorded no more than that. */
import { check } from '../../src/core/errors.ts';
import type { SourceFile } from '../../src/dataset/source-file.ts';
import { textPieces } from '../../src/dataset/text-pieces.ts';

/** A file with a header line, in memory; a line begins with its number, year, month, day and hour. */
export class Recording {
  readonly #path: string;
  readonly #header: string;
  /** in the order of time */
  readonly #lines: readonly string[];

  constructor(path: string, text: string) {
    const [header = '', ...lines] = text.split(/\r?\n/u);
    this.#path = path;
    this.#header = header;
    this.#lines = lines.filter((line) => line !== '');
  }

  get length(): number {
    return this.#lines.length;
  }

  /**
   * The place of a time.
   * @param time year, month, day and hour as the file writes them: `2016,1,1,0`
   * @throws MurmurError bad-input when no line is of it
   */
  lineOf(time: string): number {
    const line = this.#lines.findIndex((_, i) => this.timeOf(i) === time);
    check(line >= 0, `${this.#path} has no line of ${time}`);
    return line;
  }

  timeOf(line: number): string {
    return (this.#lines[line] ?? '').split(',').slice(1, 5).join(',');
  }

  /** The lines from one place to before another, with the header. */
  part(from: number, to: number): SourceFile {
    const text = [this.#header, ...this.#lines.slice(from, to), ''].join('\n');
    return {
      path: this.#path,
      async *pieces() {
        yield new TextEncoder().encode(text);
      },
    };
  }
}

export async function readRecording(file: SourceFile): Promise<Recording> {
  let text = '';
  for await (const piece of textPieces(file, () => undefined)) text += piece;
  return new Recording(file.path, text);
}

/** So many of a list, at equal distances from its first; all of them where it has no more. */
export function evenly<T>(list: readonly T[], count: number): readonly T[] {
  if (count >= list.length) return list;
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)] as T);
}
