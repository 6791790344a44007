/** What is guessed of the real data in public/data, of every form in which pictures come, and of files that are damaged or something else. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import type { DataKind } from '../protocol/data-spec.ts';
import { type InferredData, inferData } from './infer-data.ts';
import { memoryFile } from './testing/files.ts';
import { idxBytes, npyBytes } from './testing/picture-files.ts';

const publicFile = (path: string) => {
  const bytes = readFileSync(new URL(`../../public/data/${path}`, import.meta.url));
  return memoryFile(path.replace(/\.gz$/u, ''), path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
};

/** The first byte is the grey of all pixels of a picture of 3 x 2; one above 200 is red; 0 is no picture. */
const decode = async ([grey = 0]: Uint8Array) => {
  if (grey === 0) throw new Error('no picture');
  const colour = grey > 200 ? [grey, 0, 0, 255] : [grey, grey, grey, 255];
  return { width: 3, height: 2, rgba: Uint8Array.from({ length: 24 }, (_, i) => colour[i % 4] as number) };
};

async function infer<Kind extends DataKind>(
  kind: Kind,
  files: readonly ReturnType<typeof memoryFile>[],
  said?: DataKind,
): Promise<Extract<InferredData, { kind: Kind }>> {
  const found = await inferData(files, said, { decode });
  expect(found.kind).toBe(kind);
  return found as Extract<InferredData, { kind: Kind }>;
}

describe('the real data', () => {
  it.each([
    ['heart/processed.cleveland.data', { rows: 303, header: false, likelyLabel: 13 }],
    ['bank-marketing/branch-1.csv.gz', { header: true, delimiter: ';', likelyLabel: 20 }],
  ])('%s is a table', async (path, expected) => {
    expect(await infer('table', [publicFile(path)])).toMatchObject(expected);
  });

  it('of clinics are pictures in an npz', async () => {
    const found = await infer('pictures', [publicFile('pneumonia-mnist/site-1.npz')]);
    expect(found).toMatchObject({ width: 28, height: 28, channels: 1, pixelMaximum: undefined, labelPlace: 'array' });
    expect(found.classes.map(({ mark }) => mark)).toEqual(['0', '1']);
    expect(found.classes.reduce((sum, { count }) => sum + count, 0)).toBe(found.count);
  });

  it('of MNIST are pictures in a zip of IDX', async () => {
    const found = await infer('pictures', [publicFile('mnist-10k/site-1.zip')]);
    expect(found).toMatchObject({ width: 28, height: 28, channels: 1, mixedSizes: false, fileName: 'site-1.zip' });
    expect(found.classes.map(({ mark }) => mark)).toEqual([...'0123456789']);
  });

  it('of optdigits are pictures in a table, white at 16, with the class last', async () => {
    expect(await infer('pictures', [publicFile('optdigits/site-1.csv.gz')])).toMatchObject({
      ...{ count: 450, width: 8, height: 8, channels: 1, pixelMaximum: 16, labelPlace: 'last-cell' },
    });
  });

  it('of phones are texts with a class', async () => {
    const found = await infer('texts', [publicFile('sms-spam/phone-1.txt.gz'), publicFile('sms-spam/phone-2.txt.gz')]);
    expect(found).toMatchObject({ delimiter: '\t', lineEnds: false, fileName: '2 files', lines: { textPlace: 1 } });
    expect(found.lines?.classes.map(({ mark }) => mark)).toEqual(['ham', 'spam']);
    expect(found.lines?.usualLength).toBeGreaterThan(100);
    expect(found.alphabet).toContain('A');
    expect(found.lowerAlphabet).toMatch(/^abcdefghijklmnopqrstuvwxyz/u);
    expect(found.lowerAlphabet).not.toMatch(/[A-Z\n]/u);
  });

  it('of Beijing are readings every third hour', async () => {
    const found = await infer('series', [publicFile('beijing-air/dongsi.csv.gz')]);
    expect(found).toMatchObject({
      ...{ delimiter: ',', missingMarks: ['NA'], lines: 11_688, window: 8 },
      time: { names: ['year', 'month', 'day', 'hour'], stepSeconds: 10_800, gaps: 0, backwards: 0 },
    });
    const names = ['PM2.5', 'PM10', 'SO2', 'NO2', 'CO', 'O3', 'TEMP', 'PRES', 'DEWP', 'RAIN', 'WSPM'];
    expect(found.sensors.map(({ name }) => name)).toEqual(names);
    expect(found.sensors.find(({ name }) => name === 'CO')?.missing).toBeGreaterThan(0);
  });
});

describe('pictures', () => {
  it('in a folder a class are counted, and one is enough to see that they are in colour', async () => {
    const files = [
      ...[1, 2, 255].map((grey, i) => memoryFile(`pets/cat/${i}.png`, Uint8Array.of(grey))),
      ...[4, 0].map((grey, i) => memoryFile(`pets/dog/${i}.jpg`, Uint8Array.of(grey))),
      memoryFile('pets/.DS_Store', 'clutter'),
    ];
    expect(await infer('pictures', files)).toEqual({
      ...{ kind: 'pictures', fileName: '5 files', count: 5, width: 3, height: 2, mixedSizes: false, channels: 3 },
      damaged: { count: 1, of: 5, first: ['pets/dog/1.jpg'] },
      ...{ pixelMaximum: undefined, labelPlace: 'folder' },
      classes: [
        { mark: 'cat', count: 3 },
        { mark: 'dog', count: 2 },
      ],
    });
  });

  it('in a zip of folders within a class are told apart by the class', async () => {
    const entries = Array.from({ length: 40 }, (_, i) => [
      `${i % 2 ? 'ill' : 'well'}/patient ${i}/scan.png`,
      Uint8Array.of(9),
    ]);
    const found = await infer('pictures', [memoryFile('scans.zip', zipSync(Object.fromEntries(entries)))]);
    expect(found).toMatchObject({ count: 40, channels: 1, labelPlace: 'folder' });
    expect(found.classes).toEqual([
      { mark: 'ill', count: 20 },
      { mark: 'well', count: 20 },
    ]);
  });

  it('as two IDX files, or as arrays of floats beyond 255', async () => {
    const idx = [
      memoryFile('images-idx3-ubyte', idxBytes([2, 4, 5], new Uint8Array(40))),
      memoryFile('labels-idx1-ubyte', idxBytes([2], Uint8Array.of(3, 7))),
    ];
    expect(await infer('pictures', idx)).toMatchObject({ count: 2, width: 5, height: 4 });
    const x = npyBytes([2, 1, 1, 3], '<f4', new Uint8Array(Float32Array.of(0, 900, 4000, 5, 6, 7).buffer));
    const y = npyBytes([2], '|u1', Uint8Array.of(0, 1));
    expect(await infer('pictures', [memoryFile('x.npz', zipSync({ 'x.npy': x, 'y.npy': y }))])).toMatchObject({
      ...{ count: 2, width: 1, height: 1, channels: 3, pixelMaximum: 4095 },
    });
  });

  it('as a table with the class first, under a line of names', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) => `${i % 3},${Array.from({ length: 75 }, (_x, j) => (i * j) % 256)}`,
    );
    const header = `label,${Array.from({ length: 75 }, (_, i) => `pixel${i}`)}`;
    const found = await infer('pictures', [memoryFile('digits.csv', [header, ...lines].join('\n'), 100)]);
    expect(found).toMatchObject({ count: 12, width: 5, height: 5, channels: 3, labelPlace: 'first-cell' });
  });
});

describe('texts', () => {
  it('without classes are one running text, whose rare characters stay private', async () => {
    const lines = [
      'To be, or not to be: that is the question',
      'Whether tis nobler in the mind',
      'to sleep, to dream, no more',
    ];
    const text = `${`${lines.join('\n')}\n`.repeat(700)}Ω`;
    const found = await infer('texts', [memoryFile('hamlet.txt', text)]);
    expect(found).toMatchObject({ lines: undefined, lineEnds: true, characters: text.length });
    expect(found.alphabet).toBe('TWabdehilmnopqrstu ,:');
    expect(found.lowerAlphabet).toBe('abdehilmnopqrstuw ,:');
  });

  it('in a CSV with a line of names are found with their class', async () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `${i},"Review ${i}, with a comma in it",${i % 2 ? 'good' : 'bad'}`,
    );
    const found = await infer('texts', [memoryFile('reviews.csv', ['id,text,mood', ...lines].join('\r\n'), 50)]);
    expect(found).toMatchObject({ delimiter: ',', lines: { count: 30, textPlace: 1, labelName: 'mood' } });
    expect(found.lines?.classes).toEqual([
      { mark: 'bad', count: 15 },
      { mark: 'good', count: 15 },
    ]);
  });
});

describe('series', () => {
  it('with a column of times show their gaps and what goes backwards', async () => {
    const at = [0, 1, 2, 3, 4, 7, 8, 9, 6, 10, 11, 12, 13, 14];
    const lines = at.map(
      (minute, i) => `2024-03-01T00:${String(minute).padStart(2, '0')}:00Z,${i},${(i / 7).toFixed(2)}`,
    );
    const found = await infer('series', [memoryFile('log.csv', ['time,No,load (kW)', ...lines].join('\n'), 64)]);
    expect(found).toMatchObject({
      time: { names: ['time'], stepSeconds: 60, gaps: 2, backwards: 1 },
      sensors: [{ name: 'load (kW)', unit: 'kW' }],
      window: 16,
    });
  });

  it('are what the person says, also without a time', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `${20 + (i % 7) / 3};${i}`);
    const file = memoryFile('room.csv', ['temp;humidity', ...lines].join('\n'));
    expect((await inferData([file], undefined)).kind).toBe('table');
    expect(await infer('series', [file], 'series')).toMatchObject({ time: undefined, delimiter: ';', lines: 20 });
  });
});

describe('files that do not fit', () => {
  const png = (path: string) => memoryFile(path, Uint8Array.of(7));
  it.each<[string, DataKind, readonly ReturnType<typeof memoryFile>[], string]>([
    ['no class', 'pictures', [png('one.png'), png('two.png')], 'no folder says'],
    ['one class', 'pictures', [png('cat/one.png'), png('cat/two.png')], 'no folder says'],
    ['an empty zip', 'pictures', [memoryFile('a.zip', zipSync({}))], 'no picture'],
    ['a damaged zip', 'pictures', [memoryFile('a.zip', Uint8Array.of(0x50, 0x4b, 3, 4, 9))], 'damaged'],
    [
      'a lone array',
      'pictures',
      [memoryFile('x.npy', npyBytes([1, 2, 2], '|u1', new Uint8Array(4)))],
      'no array of labels',
    ],
    ['an array cut off', 'pictures', [memoryFile('x.npy', npyBytes([9, 9], '|u1', new Uint8Array(4)))], 'announces'],
    [
      'a table of words',
      'pictures',
      [memoryFile('a.csv', `${'x,'.repeat(60)}y\n`.repeat(3))],
      'no number, so it holds no pixels',
    ],
    ['a narrow table', 'pictures', [memoryFile('a.csv', '1,2,3\n4,5,6\n')], 'too few'],
    ['text', 'pictures', [memoryFile('a.bin', 'hello')], 'holds no pictures'],
    ['no text', 'texts', [memoryFile('a.txt', '')], 'holds no text'],
    [
      'bytes',
      'texts',
      [
        memoryFile(
          'a.txt',
          Uint8Array.from({ length: 500 }, (_, i) => i % 7),
        ),
      ],
      'not text',
    ],
    ['no names', 'series', [memoryFile('a.csv', '1,2\n3,4\n5,6\n')], 'no line that names'],
    [
      'no numbers',
      'series',
      [memoryFile('a.csv', 'time,place\n2024-01-01,here\n2024-01-02,there\n')],
      'no column of meas',
    ],
    ['nothing', 'series', [memoryFile('a.csv', '')], 'is empty'],
    [
      'several tables',
      'table',
      [memoryFile('a.csv', 'a,b\n1,2\n'), memoryFile('b.csv', 'a,b\n')],
      'a table is one file',
    ],
    ['an empty table', 'table', [memoryFile('a.csv', '')], 'is empty'],
  ])('%s as %s is refused in words', async (_, kind, files, message) => {
    const error = await inferData(files, kind, { decode }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MurmurError);
    expect(error).toMatchObject({ message: expect.stringContaining(message), hint: expect.stringMatching(/./u) });
  });

  it('damaged pictures among others are counted and named', async () => {
    const files = Array.from({ length: 9 }, (_, i) =>
      memoryFile(`set/${i % 2 ? 'cat' : 'dog'}/${i}.png`, Uint8Array.of(i % 3 === 0 ? 0 : 90)),
    );
    expect(await inferData(files, 'pictures', { decode })).toMatchObject({
      ...{ width: 3, height: 2, count: 9 },
      damaged: { count: 3, of: 9, first: ['set/dog/0.png', 'set/cat/3.png', 'set/dog/6.png'] },
    });
    const typed = async () => {
      throw new MurmurError('bad-input', 'it is cut off');
    };
    let looked = 0;
    const many = Array.from({ length: 200 }, (_, i) => ({
      path: `set/${i % 2 ? 'cat' : 'dog'}/${i}.png`,
      *pieces() {
        looked++;
        yield Uint8Array.of(1);
      },
    }));
    await expect(inferData(many, 'pictures', { decode: typed })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'no picture of 200 files can be read: set/dog/0.png (it is cut off)',
    });
    expect(looked).toBe(96);
  });

  it('pictures that nothing here decodes are told of', async () => {
    await expect(inferData([png('a/1.png'), png('b/2.png')], undefined)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(inferData([], undefined)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(inferData([memoryFile('a.csv', '')], undefined)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('never fail but with a typed error, whatever the bytes', async () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('\n', ',', '\t', '"', '1', '2024-01-01', 'NA', 'time', '\0'));
    const kinds = fc.constantFrom<DataKind | undefined>(undefined, 'table', 'pictures', 'texts', 'series');
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }),
        kinds,
        fc.constantFrom('a.csv', 'a'),
        async (parts, kind, path) => {
          const file = memoryFile(path, utf8(parts.join('')), 7);
          const error: unknown = await inferData([file], kind).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error === undefined || error instanceof MurmurError).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
