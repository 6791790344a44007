/** What a person may say about pictures, texts and series that do not fit, and what is read then. */
import { describe, expect, it } from 'vitest';
import type { PicturesSpec } from '../protocol/data-spec.ts';
import { smsTaskSpec } from './examples/texts.ts';
import { type ExamplesPlan, PLAIN_PLAN, applyExamplesRepair, type ExampleFindingKind } from './examples-plan.ts';
import { type DecodedPicture, readPictures } from './pictures.ts';
import { encodePicture } from './picture-scale.ts';
import { readExamples } from './read-examples.ts';
import { memoryFile } from './testing/files.ts';

const heldOut = { fraction: 0.2, seed: 'test' };
const data: PicturesSpec = {
  kind: 'pictures',
  height: 2,
  width: 2,
  channels: 1,
  label: { name: 'kind', description: '', classes: ['cat', 'dog'].map((name) => ({ name, marks: [name] })) },
};
/** A file's only byte is its grey. */
const decode = async (bytes: Uint8Array): Promise<DecodedPicture> => ({
  width: 2,
  height: 2,
  rgba: Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : (bytes[0] as number))),
});
const files = ['cat', 'Katze', 'dog', 'Katze', 'unrelated'].map((folder, i) =>
  memoryFile(`set/${folder}/${i}.png`, Uint8Array.of(10 * i)),
);
const read = (plan: ExamplesPlan) => readPictures(files, { data, heldOut }, { decode, plan });

describe('a plan', () => {
  it('says which class another word is, and the next unknown one is shown', async () => {
    const first = await read(PLAIN_PLAN);
    expect(first.report.findings[0]).toMatchObject({
      kind: 'unknown-class',
      severity: 'blocks',
      count: 3,
      example: 'Katze',
    });
    const plan = applyExamplesRepair(PLAIN_PLAN, { kind: 'class', from: 'Katze', to: 0 });
    const second = await read(plan);
    expect(second.data?.labels).toEqual(Uint8Array.of(0, 0, 1, 0));
    expect(second.report.findings[0]).toMatchObject({ kind: 'unknown-class', count: 1, example: 'unrelated' });
    expect(second.report.plan).toEqual(plan);
  });

  it('lets what does not fit be left out, however much it is, and nothing else', async () => {
    const first = await read(PLAIN_PLAN);
    const plan = (first.report.findings[0]?.repairs ?? []).reduce(applyExamplesRepair, PLAIN_PLAN);
    expect(plan.accepted).toEqual(['unknown-class']);
    const { report, data: rows } = await read(plan);
    expect(report.findings.every(({ severity }) => severity === 'warns')).toBe(true);
    expect([rows?.rows, report.droppedRows]).toEqual([2, 3]);
    for (const finding of ['no-rows', 'too-many-rows', 'duplicates'] satisfies ExampleFindingKind[])
      expect(() => applyExamplesRepair(PLAIN_PLAN, { kind: 'accept', finding })).toThrow('nothing to accept');
    expect(() => applyExamplesRepair(PLAIN_PLAN, { kind: 'class', from: 'a', to: 0.5 })).toThrow('by its number');
    // A class that the task does not have is no class.
    expect(() => applyExamplesRepair(PLAIN_PLAN, { kind: 'column', column: 'a', source: '' })).toThrow('first line');
    const odd = applyExamplesRepair(PLAIN_PLAN, { kind: 'class', from: 'Katze', to: 9 });
    expect((await read(odd)).report.findings[0]).toMatchObject({ count: 3 });
  });

  it('reads a text in another script as one sign when that is wanted', async () => {
    const spec = { data: smsTaskSpec().data, heldOut };
    const text = () => [memoryFile('a.txt', 'ham\tÄÖÜ\nspam\tÖÄÜÄÖ\n')];
    const first = await readExamples(text(), spec);
    expect(first.report.findings[0]).toMatchObject({ kind: 'unknown-characters', severity: 'blocks' });
    const plan = (first.report.findings[0]?.repairs ?? []).reduce(applyExamplesRepair, PLAIN_PLAN);
    const again = await readExamples(text(), spec, { plan });
    expect(again.report.findings[0]).toMatchObject({ kind: 'unknown-characters', severity: 'warns', repairs: [] });
  });
});

describe('a picture of another shape', () => {
  // Two rows of four pixels: 0 .2 .4 .6 | .1 .3 .5 .7
  const picture = { width: 4, height: 2, channels: 1, maximum: 10, values: [0, 2, 4, 6, 1, 3, 5, 7] };
  const encoded = (fit?: ExamplesPlan['fit']) => {
    const out = new Float32Array(4);
    encodePicture(picture, data, out, 0, fit);
    return [...out].map((value) => Number(value.toFixed(6)));
  };

  it('is squeezed, or only its middle is taken; worked by hand', () => {
    expect(encoded()).toEqual([0.1, 0.5, 0.2, 0.6]);
    expect(encoded('squeeze')).toEqual(encoded());
    expect(encoded('middle')).toEqual([0.2, 0.4, 0.3, 0.5]);
  });

  it('offers the other way', async () => {
    const wide = async () => ({ width: 4, height: 2, rgba: new Uint8Array(32).fill(128) });
    const one = () => [memoryFile('cat/a.png', Uint8Array.of(1))];
    const { report } = await readPictures(one(), { data, heldOut }, { decode: wide });
    const scaled = report.findings.find(({ kind }) => kind === 'scaled');
    expect(scaled?.repairs).toEqual([{ kind: 'fit', fit: 'middle' }]);
    const plan = (scaled?.repairs ?? []).reduce(applyExamplesRepair, PLAIN_PLAN);
    const again = await readPictures(one(), { data, heldOut }, { decode: wide, plan });
    expect(again.report.findings.find(({ kind }) => kind === 'scaled')?.repairs).toEqual([
      { kind: 'fit', fit: 'squeeze' },
    ]);
  });
});
