import { describe, expect, it } from 'vitest';
import { type Entry, droppedFiles, filesWithin } from './dropped-files.ts';

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const file = (fullPath: string, broken = false): Entry => {
  const file = (done: (file: File) => void, failed: (error: unknown) => void) =>
    broken ? failed(new Error('gone')) : done(new File([fullPath], nameOf(fullPath), { type: 'image/png' }));
  return { isDirectory: false, fullPath, file } as Entry;
};
/** Gives two entries at a time, as browsers give a hundred. */
const folder = (fullPath: string, children: readonly Entry[]): Entry => {
  const createReader = () => {
    const left = [...children];
    return { readEntries: (done: (entries: Entry[]) => void) => done(left.splice(0, 2)) };
  };
  return { isDirectory: true, fullPath, createReader } as Entry;
};
const namesOf = (files: readonly File[]) => files.map(({ name }) => name);

describe('filesWithin', () => {
  it('names files by their folders, whatever the depth and the order', async () => {
    const threes = ['c', 'a', 'b'].map((name) => file(`/digits/3/${name}.png`));
    const digits = folder('/digits', [folder('/digits/3', threes), folder('/digits/7', [file('/digits/7/a.png')])]);
    const files = await filesWithin([file('/readme.txt'), digits]);
    const names = ['digits/3/a.png', 'digits/3/b.png', 'digits/3/c.png', 'digits/7/a.png', 'readme.txt'];
    expect(namesOf(files)).toEqual(names);
    expect(await files[0]?.text()).toBe('/digits/3/a.png');
    expect(files[0]?.type).toBe('image/png');
  });

  it('leaves out what cannot be read, and ends where folders have no end', async () => {
    expect(namesOf(await filesWithin([file('/a.png'), file('/b.png', true)]))).toEqual(['a.png']);
    const endless: Entry = { isDirectory: true, fullPath: '/loop', createReader: () => one.createReader() } as Entry;
    const one = folder('/loop', [endless, file('/loop/a.png')]) as Entry & { createReader(): unknown };
    const files = await filesWithin([endless]);
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(20);
  });

  it('stops behind the most files that an import takes', async () => {
    const many = folder('/many', []);
    Object.assign(many, {
      createReader: () => ({
        readEntries: (done: (entries: Entry[]) => void) => done(Array.from({ length: 2000 }, () => some)),
      }),
    });
    const some = {
      isDirectory: false,
      fullPath: '/many/a',
      file: (done: (file: File) => void) => done(shared),
    } as Entry;
    const shared = new File([], 'many/a');
    expect((await filesWithin([many])).length).toBe(100_001);
  });
});

it('takes dropped files as they are where there is no folder', async () => {
  const [one, two] = [new File([], 'one.csv'), new File([], 'two.csv')];
  const item = (path: string) => ({ kind: 'file', webkitGetAsEntry: () => file(path) });
  const text = { kind: 'string', webkitGetAsEntry: () => null };
  const drop = { items: [text, item('/one.csv'), item('/two.csv')], files: [one, two] };
  expect(await droppedFiles(drop as unknown as DataTransfer)).toEqual([one, two]);
  const mixed = {
    items: [item('/one.csv'), { kind: 'file', webkitGetAsEntry: () => folder('/f', [file('/f/x')]) }],
    files: [one],
  };
  expect(namesOf(await droppedFiles(mixed as unknown as DataTransfer))).toEqual(['f/x', 'one.csv']);
});
