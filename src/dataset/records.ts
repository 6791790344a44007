/// <reference path="./papaparse.d.ts" />
/**
 * Delimited text (RFC 4180) as records, by papaparse's core parser. The text comes in pieces that end anywhere, so that a large file
 * is never one string; line ends may be \n, \r\n or \r, and records are the same however the text was cut.
 */
import Papa from 'papaparse/papaparse.js';
import { MurmurError, check } from '../core/errors.ts';
import type { Delimiter } from './reading-plan.ts';

/** More text than this between two line ends is not a table. */
const MAX_RECORD_CHARACTERS = 1_048_576;
const NUL = '\0';

export class RecordReader {
  readonly #delimiter: Delimiter;
  readonly #lenient: boolean;
  /** begins with an incomplete record */
  #rest = '';
  /** the last piece ended in \r, which may be half of a line end */
  #carriageReturn = false;
  #begun = false;
  #records = 0;

  /** @param lenient takes misplaced quotation marks as text, for guesses about a file */
  constructor(delimiter: Delimiter, lenient = false) {
    this.#delimiter = delimiter;
    this.#lenient = lenient;
  }

  /**
   * Records that are complete now; empty lines are records of one empty cell.
   * @throws MurmurError bad-input for what is no table: binary bytes, a record without an end, misplaced quotation marks
   */
  push(text: string): readonly string[][] {
    this.#rest += this.#clean(text);
    const records = this.#parse(true);
    check(
      this.#rest.length <= MAX_RECORD_CHARACTERS,
      'a line of the file never ends',
      'Look for an opening quotation mark without a closing one.',
    );
    return records;
  }

  /** What remains when the text is over. */
  end(): readonly string[][] {
    return this.#rest === '' ? [] : this.#parse(false);
  }

  #clean(piece: string): string {
    let text = this.#carriageReturn ? `\r${piece}` : piece;
    this.#carriageReturn = text.endsWith('\r');
    if (this.#carriageReturn) text = text.slice(0, -1);
    if (!this.#begun && text !== '') {
      this.#begun = true;
      // A byte order mark belongs to the file, not to the first cell.
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    check(
      !text.includes(NUL),
      'the file holds bytes that are no text',
      'Export the table as CSV text and choose that.',
    );
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  #parse(ignoreLastRecord: boolean): readonly string[][] {
    const parser = new Papa.Parser({ delimiter: this.#delimiter, newline: '\n' });
    const { data, errors, meta } = parser.parse(this.#rest, 0, ignoreLastRecord);
    // The last record is read again with the next piece, and so are its errors.
    const error = errors.find(({ row = 0 }) => row < data.length);
    if (error !== undefined && !this.#lenient) {
      const record = this.#records + (error.row ?? 0) + 1;
      throw new MurmurError('bad-input', `record ${record}: ${error.message}`, {
        hint: 'Look for an unbalanced quotation mark there.',
        details: { row: record },
      });
    }
    this.#rest = ignoreLastRecord ? this.#rest.slice(meta.cursor) : '';
    this.#records += data.length;
    return data;
  }
}

/** Whether a record is an empty line. */
export function isEmptyLine(record: readonly string[]): boolean {
  return record.length === 1 && record[0] === '';
}

/** Records of the beginning of a file; a last record that may be cut off is left out. */
export function headRecords(text: string, delimiter: Delimiter, whole: boolean): readonly string[][] {
  const reader = new RecordReader(delimiter, true);
  const complete = reader.push(text);
  const records = whole || complete.length === 0 ? [...complete, ...reader.end()] : complete;
  return records.filter((record) => !isEmptyLine(record));
}
