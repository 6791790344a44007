import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MurmurError } from '../core/errors.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { mnistTaskSpec, optdigitsTaskSpec } from './examples/pictures.ts';
import { airTaskSpec } from './examples/series.ts';
import { smsTaskSpec, smsWriterTaskSpec } from './examples/texts.ts';
import { heartTaskSpec } from './heart.ts';
import { readExamples } from './read-examples.ts';
import { memoryFile } from './testing/files.ts';
import { idxBytes } from './testing/picture-files.ts';

const digits = readFileSync(new URL('../../public/data/mnist-10k/site-1.zip', import.meta.url)).subarray(0, 4000);
const line = `${Array.from({ length: 64 }, (_, i) => i % 17).join()},3\n`;
const readings = `SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,WSPM,PM2.5\n${'1,2,300,4,5,1000,7,0,1,80\n'.repeat(12)}`;
const KINDS: readonly (readonly [string, TaskSpec, string, Uint8Array])[] = [
  ['a zip', mnistTaskSpec(), 'a.zip', digits],
  ['an array', mnistTaskSpec(), 'images-idx3', idxBytes([2, 28, 28], new Uint8Array(1568))],
  ['a table of pixels', optdigitsTaskSpec(), 'p.csv', new TextEncoder().encode(line.repeat(3))],
  ['texts', smsTaskSpec(), 't.txt', new TextEncoder().encode('ham\tSee you later\nspam\tWin a prize!\n'.repeat(4))],
  ['running text', smsWriterTaskSpec(), 't.txt', new TextEncoder().encode('ham\tSee you later\n'.repeat(9))],
  ['a series', airTaskSpec(), 's.csv', new TextEncoder().encode(readings)],
];

it.each(KINDS)('fails with a typed error or reports, whatever happened to %s', async (_, spec, path, good) => {
  const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(good.length), async (changes, length) => {
      const bytes = good.slice(0, length);
      for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
      const outcome = await readExamples([memoryFile(path, bytes)], spec).catch((error: unknown) => error);
      const typed = outcome instanceof MurmurError && outcome.hint !== '';
      expect(typed ? { report: { kind: spec.data.kind } } : outcome).toMatchObject({
        report: { kind: spec.data.kind },
      });
    }),
    { numRuns: 60 },
  );
});

it('leaves tables to the reader of columns', async () => {
  await expect(readExamples([], heartTaskSpec())).rejects.toMatchObject({ code: 'unsupported' });
});

it('says that nothing was chosen', async () => {
  for (const spec of [mnistTaskSpec(), smsTaskSpec(), airTaskSpec()]) {
    const { data, report } = await readExamples([], spec);
    expect(data).toBeUndefined();
    expect(report.findings).toMatchObject([{ kind: 'no-rows', severity: 'blocks' }]);
  }
});
