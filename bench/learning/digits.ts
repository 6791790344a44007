/** Handwritten digits dealt out to simulated sites, and what the sections that use them share: cohorts, pooled accuracy, sites. */
import { fileURLToPath } from 'node:url';
import { uintBytes, utf8 } from '../../src/core/bytes.ts';
import { check } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { SeededRandom } from '../../src/core/random.ts';
import type { ExampleSite } from '../../src/dataset/examples/shared.ts';
import type { SiteRows } from '../../src/dataset/sites.ts';
import { type Dataset, type EncodedRows, joinRows, selectRows } from '../../src/dataset/split.ts';
import { normalise } from '../../src/dataset/statistics.ts';
import { exactMetrics } from '../../src/evaluation/examination.ts';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import type { TrainerPort } from '../../src/protocol/ports.ts';
import { targetOf } from '../../src/protocol/target.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { readDataset } from '../../node/data-files.ts';

/** Seen from dist/node/bench/learning.js. */
const PUBLIC = new URL('../../../public', import.meta.url);

/** All rows of an example's files in one place: what may train, and what only judges. */
export async function readPool(sites: readonly ExampleSite[], spec: TaskSpec): Promise<Dataset> {
  const read: Dataset[] = [];
  for (const { path } of sites) read.push(await readDataset(fileURLToPath(`${PUBLIC.href}${path}`), spec));
  return { train: joinRows(read.map(({ train }) => train)), heldOut: joinRows(read.map(({ heldOut }) => heldOut)) };
}

/** Sites without held-out rows of their own: models are judged on the pool's. A site that was dealt nothing is left out. */
export function dealOut(train: EncodedRows, dealt: readonly SiteRows[]): Dataset[] {
  const heldOut = selectRows(train, new Uint32Array(0));
  return dealt.filter(({ length }) => length > 0).map((rows) => ({ train: selectRows(train, rows), heldOut }));
}

/** 32 bytes that stand for a name and a number. */
export function seedOf(name: string, seed: number): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(utf8(`murmur/bench/learning/${name}`), uintBytes(seed, 4));
}

/**
 * Who takes part in each step: `size` sites, drawn anew each time.
 * @param steps of the task, the statistics and the evaluation included
 */
export function drawCohorts(steps: number, sites: number, size: number, seed: Uint8Array): readonly Uint32Array[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: steps }, () => random.permutation(sites).slice(0, size).sort());
}

/** Share of rows whose class a model names rightly. */
export async function accuracyOn(
  trainer: TrainerPort,
  spec: TaskSpec,
  { weights, normaliser }: Checkpoint,
  rows: EncodedRows,
): Promise<number> {
  const predicted = await trainer.predict(weights, normalise(rows.features, normaliser), rows.rows);
  const metrics = exactMetrics(targetOf(spec.data), predicted, rows.labels);
  check(metrics?.kind === 'classes', 'digits have classes');
  return metrics.accuracy;
}
