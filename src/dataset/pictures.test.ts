import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PicturesSpec } from '../protocol/data-spec.ts';
import { type DecodedPicture, readPictures } from './pictures.ts';
import { encodePicture, toRgba } from './picture-scale.ts';
import { memoryFile } from './testing/files.ts';
import { idxBytes, npyBytes } from './testing/picture-files.ts';

const data: PicturesSpec = {
  kind: 'pictures',
  height: 2,
  width: 2,
  channels: 1,
  label: {
    name: 'animal',
    description: '',
    classes: [
      { name: 'cat', marks: ['0', 'cats'] },
      { name: 'dog', marks: ['1', 'dogs'] },
    ],
  },
};
const spec = { data, heldOut: { fraction: 0.25, seed: 'test' } };

/** The first byte is the grey of all four pixels; 0 is no picture. */
const decode = async ([grey = 0]: Uint8Array): Promise<DecodedPicture> => {
  if (grey === 0) throw new Error('no picture');
  return { width: 2, height: 2, rgba: Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : grey)) };
};

const images = Uint8Array.of(0, 255, 51, 102, 255, 0, 0, 0, 0, 255, 51, 102);
const encoded = [0, 1, 0.2, 0.4, 1, 0, 0, 0].map(Math.fround);

describe('pictures as arrays', () => {
  it('pairs IDX files by name; a copy counts once', async () => {
    const files = [
      memoryFile('train-labels-idx1-ubyte', idxBytes([3], Uint8Array.of(0, 1, 0))),
      memoryFile('train-images-idx3-ubyte', idxBytes([3, 2, 2], images), 5),
    ];
    const { data: rows, report } = await readPictures(files, spec);
    expect(rows).toMatchObject({ rows: 2, width: 4, labels: Uint8Array.of(0, 1) });
    expect([...(rows?.features ?? [])]).toEqual(encoded);
    expect(report).toMatchObject({
      rows: 2,
      droppedRows: 1,
      classes: [
        { name: 'cat', count: 1 },
        { name: 'dog', count: 1 },
      ],
      findings: [{ kind: 'duplicates', severity: 'warns', count: 1, places: ['train-images-idx3-ubyte, picture 3'] }],
    });
    expect(report.preview).toMatchObject({ kind: 'pictures', pictures: [{ className: 'cat' }, { className: 'dog' }] });
  });

  it.each([
    ['MedMNIST', 'train_images', 'train_labels'],
    ['Keras', 'x_train', 'y_train'],
    ['plain', 'images', 'labels'],
  ])('reads npz with the names of %s', async (_, x, y) => {
    const npz = zipSync({
      [`${x}.npy`]: npyBytes([2, 2, 2], '|u1', images.subarray(0, 8)),
      [`${y}.npy`]: npyBytes([2, 1], '<i8', new Uint8Array(BigInt64Array.of(1n, 0n).buffer)),
    });
    const { data: rows } = await readPictures([memoryFile('set.npz', npz)], spec);
    expect(rows?.labels).toEqual(Uint8Array.of(1, 0));
    expect([...(rows?.features ?? [])]).toEqual(encoded);
  });

  it('takes the first of two pictures that are the same under two classes', async () => {
    const same = Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4);
    const files = [
      memoryFile('images', idxBytes([2, 2, 2], same)),
      memoryFile('labels', idxBytes([2], Uint8Array.of(1, 0))),
    ];
    const { data: rows, report } = await readPictures(files, spec);
    expect(rows?.labels).toEqual(Uint8Array.of(1));
    expect(report.findings.map(({ kind }) => kind)).toEqual(['contradictions', 'absent-class']);
  });

  it('blocks where more than a tenth has a class that the task does not know', async () => {
    const files = [
      memoryFile('images', idxBytes([3, 2, 2], images)),
      memoryFile('labels', idxBytes([3], Uint8Array.of(0, 1, 7))),
    ];
    const { report } = await readPictures(files, spec);
    expect(report.findings[0]).toMatchObject({
      kind: 'unknown-class',
      severity: 'blocks',
      count: 1,
      of: 3,
      example: '7',
    });
  });

  it.each([
    ['no labels', [memoryFile('images', idxBytes([3, 2, 2], images))], 'has no array of labels'],
    [
      'other labels',
      [memoryFile('images', idxBytes([3, 2, 2], images)), memoryFile('labels', idxBytes([2], Uint8Array.of(0, 1)))],
      '3 pictures, labels has 2 labels',
    ],
    [
      'another shape',
      [memoryFile('images', idxBytes([12], images)), memoryFile('labels', idxBytes([12], images))],
      'not that of pictures',
    ],
    ['something else', [memoryFile('notes.pdf', '%PDF-1.7')], 'holds no pictures'],
    ['an empty file', [memoryFile('images.idx', new Uint8Array(0))], 'holds no pictures'],
  ])('refuses %s', async (_, files, message) => {
    await expect(readPictures(files, spec)).rejects.toThrow(message);
    await expect(readPictures(files, spec)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(/./),
    });
  });
});

describe('picture files', () => {
  const picture = (path: string, grey: number) => memoryFile(path, Uint8Array.of(grey, 1));

  it('takes the nearest folder that is a class', async () => {
    const files = [
      picture('pets/dogs/a.png', 51),
      picture('pets/cats/2019/b.JPG', 102),
      picture('pets/cats/.DS_Store', 9),
      picture('pets/__MACOSX/cats/._b.png', 9),
    ];
    const { data: rows, report } = await readPictures(files, spec, { decode });
    expect(rows?.labels).toEqual(Uint8Array.of(1, 0));
    expect(report.findings).toEqual([]);
    const zip = zipSync({
      'dogs/a.png': Uint8Array.of(51, 1),
      'cats/b.jpeg': Uint8Array.of(102, 1),
      'readme.txt': Uint8Array.of(1),
    });
    expect((await readPictures([memoryFile('pets.zip', zip)], spec, { decode })).data).toEqual(rows);
  });

  it('says which files are no pictures and which folders no class', async () => {
    const files = [picture('cats/a.png', 0), picture('mice/b.png', 7), picture('dogs/c.png', 7)];
    const { report } = await readPictures(files, spec, { decode });
    expect(report.rows).toBe(1);
    expect(report.findings).toMatchObject([
      { kind: 'unreadable', severity: 'blocks', places: ['cats/a.png'] },
      { kind: 'unknown-class', severity: 'blocks', places: ['mice/b.png'], example: 'mice' },
      { kind: 'absent-class', severity: 'warns', name: 'cat' },
    ]);
  });

  it('needs a decoder', async () => {
    await expect(readPictures([picture('cats/a.png', 7)], spec)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('tables of pixels', () => {
  const sixteen = { ...spec, data: { ...data, pixelMaximum: 16 } };

  it.each([
    ['last', '0,16,8,4,1\n16,0,0,0,0\n'],
    ['first, with a header', 'label,p1,p2,p3,p4\n1,0,16,8,4\n0,16,0,0,0\n'],
    ['last, with tabs', '0\t16\t8\t4\tdogs\n16\t0\t0\t0\tcats\n'],
  ])('finds the label %s', async (_, text) => {
    for (const size of [3, 1000]) {
      const { data: rows, report } = await readPictures([memoryFile('p.csv', text, size)], sixteen);
      expect(report.findings).toEqual([]);
      expect(rows).toMatchObject({
        labels: Uint8Array.of(1, 0),
        features: Float32Array.of(0, 1, 0.5, 0.25, 1, 0, 0, 0),
      });
    }
  });

  it('names what does not fit', async () => {
    const text = '0,16,8,4,1\n16,0,0,0,0\n1,2,3,4,5,6\n17,0,0,0,0\nx,0,0,0,0\n';
    const { report } = await readPictures([memoryFile('p.csv', text)], sixteen);
    expect(report.findings).toMatchObject([
      { kind: 'short-row', places: ['p.csv, line 3'] },
      { kind: 'out-of-range', places: ['p.csv, line 4'], example: '17' },
      { kind: 'not-a-number', places: ['p.csv, line 5'], example: 'x' },
    ]);
  });

  it.each([
    ['', 'is empty'],
    ['1,2,3\n', 'has 3 cells a line; a picture of the task needs 4 pixels and a label'],
  ])('refuses %j', async (text, message) => {
    await expect(readPictures([memoryFile('p.csv', text)], sixteen)).rejects.toThrow(message);
  });
});

describe('scaling', () => {
  const scaled = (
    width: number,
    height: number,
    channels: number,
    values: readonly number[],
    target: Partial<PicturesSpec>,
  ) => {
    const to = { ...data, ...target };
    const out = new Float32Array(to.width * to.height * to.channels);
    encodePicture({ width, height, channels, values, maximum: 255 }, to, out, 0);
    return [...out].map((value) => Number(value.toFixed(4)));
  };

  it('takes means over areas; worked by hand', () => {
    // 4 x 2 to 2 x 1: means of 0, 255, 255, 255 and of 0, 0, 51, 51
    expect(scaled(4, 2, 1, [0, 255, 0, 0, 255, 255, 51, 51], { width: 2, height: 1 })).toEqual([0.75, 0.1]);
    // 3 x 1 to 2 x 1: the middle pixel counts half on either side
    expect(scaled(3, 1, 1, [255, 0, 0], { width: 2, height: 1 })).toEqual([0.6667, 0]);
    expect(scaled(1, 1, 1, [51], {})).toEqual([0.2, 0.2, 0.2, 0.2]);
  });

  it('turns colours grey by their luma, grey into colours, and lays transparent pixels over white', () => {
    expect(scaled(1, 1, 3, [255, 0, 0], { width: 1, height: 1 })).toEqual([0.299]);
    expect(scaled(1, 1, 1, [51], { width: 1, height: 1, channels: 3 })).toEqual([0.2, 0.2, 0.2]);
    expect(scaled(1, 1, 4, [0, 0, 0, 0], { width: 1, height: 1 })).toEqual([1]);
    expect([...toRgba(Float32Array.of(0.2), 0, { ...data, width: 1, height: 1 })]).toEqual([51, 51, 51, 255]);
  });

  it('keeps an even picture even, whatever its size', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, size, (w, h, width, height) => {
        expect(new Set(scaled(w, h, 1, new Array<number>(w * h).fill(51), { width, height }))).toEqual(new Set([0.2]));
      }),
    );
  });
});
