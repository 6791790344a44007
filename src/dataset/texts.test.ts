import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MurmurError } from '../core/errors.ts';
import type { TextsSpec } from '../protocol/data-spec.ts';
import { memoryFile } from './testing/files.ts';
import { Alphabet, readTexts } from './texts.ts';

const data: TextsSpec = {
  kind: 'texts',
  alphabet: 'abc?',
  lowerCase: true,
  length: 4,
  delimiter: '\t',
  learn: {
    kind: 'class',
    label: {
      name: 'kind',
      description: '',
      classes: [
        { name: 'ham', marks: ['ham'] },
        { name: 'spam', marks: ['spam', '1'] },
      ],
    },
  },
};
const heldOut = { fraction: 0, seed: 'test' };
const read = (text: string | Uint8Array, more: Partial<TextsSpec> = {}, size = 65_536) =>
  readTexts([memoryFile('texts.txt', text, size)], { data: { ...data, ...more }, heldOut });

describe('texts of classes', () => {
  it('encodes characters; worked by hand', async () => {
    const { data: rows, report } = await read('ham\tab\nspam\tCabbage "x\n');
    expect(rows).toMatchObject({ rows: 2, width: 4, labels: Uint8Array.of(0, 1) });
    expect([...(rows?.features ?? [])]).toEqual([1, 2, 0, 0, 3, 1, 2, 2]);
    expect(report.findings).toMatchObject([
      // g, e, space, the quotation mark and x of twelve characters
      { kind: 'unknown-characters', severity: 'blocks', count: 5, of: 12 },
      { kind: 'cut', count: 1, places: ['texts.txt, line 2'] },
    ]);
    expect(report.preview).toEqual({
      kind: 'texts',
      texts: [
        { className: 'ham', text: 'ab' },
        { className: 'spam', text: 'cabb' },
      ],
    });
  });

  it('counts copies once, as the model sees them', async () => {
    const { report } = await read('ham\ta\nham\tA\nspam\tabcab\nspam\tabcabc\nspam\ta\n');
    expect(report).toMatchObject({ rows: 2, droppedRows: 3 });
    expect(report.findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['duplicates', 2],
      ['cut', 2],
      ['contradictions', 1],
    ]);
  });

  it('finds the columns of a CSV with a header, quoted cells and a number', async () => {
    const { data: rows, report } = await read('id,text,kind\n1,"a, ""b""\nc",ham\n2,b,spam\n', { delimiter: ',' });
    expect(rows?.labels).toEqual(Uint8Array.of(0, 1));
    expect(report.rows).toBe(2);
  });

  it('is the same however the file is cut', async () => {
    const text = '\uFEFFham\tabc\r\nspam\tcba\r\n\r\nham\tb';
    const whole = await read(text);
    expect(whole.data).toMatchObject({ rows: 3, labels: Uint8Array.of(0, 1, 0) });
    for (const size of [1, 2, 7]) expect((await read(text, {}, size)).data).toEqual(whole.data);
  });

  it('leaves out what does not fit and says where', async () => {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `ham\t${'abc'[i % 3]}${'abc'[(i >> 1) % 3]}${'abc'[(i >> 2) % 3]}`,
    );
    const { report } = await read([...lines, 'eggs\tab', 'ham', 'spam\t'].join('\n'));
    expect(report.findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'unknown-class',
          severity: 'warns',
          example: 'eggs',
          places: ['texts.txt, line 41'],
        }),
        expect.objectContaining({ kind: 'short-row', severity: 'warns', places: ['texts.txt, line 42'] }),
        expect.objectContaining({ kind: 'empty', severity: 'warns', places: ['texts.txt, line 43'] }),
        expect.objectContaining({ kind: 'one-class', severity: 'warns', name: 'ham' }),
      ]),
    );
  });

  it('refuses a file without the classes, and bytes that are no text', async () => {
    await expect(read('hello\tworld\nand\tso on\n')).rejects.toMatchObject({
      message: 'texts.txt has no column with the classes of the task',
      hint: 'A line needs a text and one of: ham, spam; separated by a tab.',
    });
    await expect(read(Uint8Array.from({ length: 99 }, (_, i) => i % 7))).rejects.toMatchObject({ code: 'bad-input' });
    expect((await read('')).report.findings).toMatchObject([{ kind: 'no-rows', severity: 'blocks' }]);
  });

  it('never fails but with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('ham', 'spam', '\t', '\n', '"', 'a', ','), maxLength: 30 }),
        async (text) => {
          const outcome = await read(text, { delimiter: ',' }).catch((error: unknown) => error);
          expect(outcome instanceof MurmurError || !(outcome instanceof Error)).toBe(true);
        },
      ),
    );
  });
});

describe('texts to go on with', () => {
  it('cuts running text into pieces that follow each other; worked by hand', async () => {
    for (const size of [1, 3, 1000]) {
      const { data: rows, report } = await read('abcabcca\nb', { alphabet: 'abc\n?', learn: { kind: 'next' } }, size);
      // abca -> bcab, bcca -> cca\n, and the rest: \n -> b
      expect([...(rows?.features ?? [])]).toEqual([1, 2, 3, 1, 2, 3, 3, 1, 4, 0, 0, 0]);
      expect([...(rows?.labels ?? [])]).toEqual([2, 3, 1, 2, 3, 3, 1, 4, 2, 0, 0, 0]);
      expect(report).toMatchObject({ rows: 3, droppedRows: 0, classes: [] });
    }
  });

  it('takes every line as a text of its own', async () => {
    const { data: rows } = await read('ham\tabcabc\nspam\tc\n', { learn: { kind: 'next', position: 1 } });
    expect([...(rows?.features ?? [])]).toEqual([1, 2, 3, 1, 2, 0, 0, 0, 3, 0, 0, 0]);
    expect([...(rows?.labels ?? [])]).toEqual([2, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
  });
});

it('knows characters beyond 16 bits', () => {
  const alphabet = new Alphabet({ alphabet: 'a😀?', lowerCase: false });
  expect(alphabet.encode('a😀A')).toEqual([1, 2, 3]);
  expect(alphabet.unknown).toBe(1);
  expect(alphabet.decode([1, 2, 3, 0])).toBe('a😀?');
});
