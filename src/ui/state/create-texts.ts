/** Texts as they are entered, and from them the texts of the spec. */
import type { InferredTexts } from '../../dataset/infer-texts.ts';
import type { TextsSpec } from '../../protocol/data-spec.ts';
import { type ClassesForm, readClasses, startClasses } from './create-classes.ts';
import type { Entries } from './create-entries.ts';

export interface TextsForm extends ClassesForm {
  readonly kind: 'texts';
  readonly delimiter: TextsSpec['delimiter'];
  /** 0-based cell of a line's text; undefined where the file is one running text, which has no classes */
  readonly textPlace: number | undefined;
  learn: 'class' | 'next';
  lowerCase: boolean;
  /** without line ends */
  alphabet: string;
  /** what the alphabet would be with capitals, and without */
  readonly alphabets: { readonly asWritten: string; readonly lowerCase: string };
  lineEnds: boolean;
  length: string;
}

/** Stands for every character that the alphabet does not have. */
const OTHER = '□';
const LONGEST = 1024;
const NEXT_LENGTH = 64;
const LENGTH_STEP = 16;
const MAX_ALPHABET = 250;

export function startTexts(file: InferredTexts, labelName: string): TextsForm {
  const { lines } = file;
  const isLabelled = lines !== undefined;
  const usual = Math.min(LONGEST, LENGTH_STEP * Math.max(1, Math.ceil((lines?.usualLength ?? 0) / LENGTH_STEP)));
  return {
    kind: 'texts',
    delimiter: file.delimiter,
    textPlace: lines?.textPlace,
    learn: isLabelled ? 'class' : 'next',
    lowerCase: isLabelled,
    alphabet: isLabelled ? file.lowerAlphabet : file.alphabet,
    alphabets: { asWritten: file.alphabet, lowerCase: file.lowerAlphabet },
    lineEnds: file.lineEnds,
    length: String(isLabelled ? usual : NEXT_LENGTH),
    ...startClasses(lines?.classes ?? [], lines?.labelName ?? labelName),
  };
}

/** Capitals as small letters or not; an alphabet that nobody has changed follows. */
export function chooseLowerCase(form: TextsForm, lowerCase: boolean): void {
  const { asWritten, lowerCase: small } = form.alphabets;
  if (form.alphabet === (form.lowerCase ? small : asWritten)) form.alphabet = lowerCase ? small : asWritten;
  form.lowerCase = lowerCase;
}

export function readTexts(entries: Entries, form: TextsForm): TextsSpec {
  const { kind, delimiter, lowerCase, textPlace, learn, lineEnds } = form;
  const characters = [...form.alphabet];
  if (characters.length < 2) entries.wrong('alphabet', { kind: 'few-characters' });
  if (new Set(characters).size < characters.length) entries.wrong('alphabet', { kind: 'same-character' });
  if (lowerCase && form.alphabet !== form.alphabet.toLowerCase()) entries.wrong('alphabet', { kind: 'capitals' });
  const ends = lineEnds && textPlace === undefined ? '\n' : '';
  const alphabet = `${form.alphabet}${ends}${characters.at(-1) === OTHER ? '' : OTHER}`;
  if (alphabet.length > MAX_ALPHABET) entries.wrong('alphabet', { kind: 'too-long', most: MAX_ALPHABET - 2 });
  return {
    kind,
    alphabet,
    lowerCase,
    length: entries.whole('length', form.length, 2, LONGEST),
    delimiter,
    learn:
      learn === 'class'
        ? { kind: 'class', label: readClasses(entries, form) }
        : { kind: 'next', ...(textPlace !== undefined && { position: textPlace }) },
  };
}
