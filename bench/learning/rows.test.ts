import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/random.ts';
import { SMS_SITES, smsTaskSpec } from '../../src/dataset/examples/texts.ts';
import { dealRows, publicFile, readRows } from './rows.ts';

it('deals every row to one site, with its label, and no site more than one above another', () => {
  const rows = 23;
  const features = Float32Array.from({ length: 2 * rows }, (_, i) => i);
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % 2);
  const sites = dealRows({ features, labels, rows, width: 2 }, 10, new SeededRandom(new Uint8Array(32)));
  expect(sites.map((site) => site.rows)).toEqual([3, 3, 3, 2, 2, 2, 2, 2, 2, 2]);
  const dealt = sites.flatMap((site) => Array.from(site.labels, (label, i) => [site.features[2 * i] as number, label]));
  expect(dealt.sort(([a = 0], [b = 0]) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => [2 * i, i % 2]));
});

it('reads a text once, whichever files it is in', async () => {
  const files = SMS_SITES.slice(0, 2).map(({ path }) => publicFile(path));
  const each = await Promise.all(files.map((file) => readRows([file], smsTaskSpec())));
  const together = await readRows([...files, ...files], smsTaskSpec());
  const sum = each.reduce((rows, data) => rows + data.rows, 0);
  expect(together.rows).toBeLessThanOrEqual(sum);
  expect(together.rows).toBeGreaterThan(sum - 10);
});
