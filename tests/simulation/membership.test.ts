/**
 * What noise is for: an attack that tells the patients in a model's data from others, on a task that remembers them, finds nothing in
 * the same task with the default noise. Training is the product's (bench/learning/attack.ts); samples and noise are seeded here.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { attackedTask, learnHalves, noisyTask } from '../../bench/learning/attack.ts';
import { attackAucs } from '../../bench/learning/membership.ts';
import { readDataset } from '../../node/data-files.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { type RandomBytes, SeededRandom } from '../../src/core/random.ts';
import { selectRows } from '../../src/dataset/split.ts';
import { DEFAULT_RECORD_PRIVACY } from '../../src/protocol/privacy-defaults.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';

/** Patients of each of two hospitals, of which a half trains. */
const PATIENTS = 60;
const FILES = ['cleveland', 'hungarian'];

function seededBytes(name: string): RandomBytes {
  const random = new SeededRandom(utf8(name));
  return (length) => {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = random.u32();
    return new Uint8Array(words.buffer, 0, length);
  };
}

async function bestAuc(spec: TaskSpec): Promise<number> {
  const sites = await Promise.all(
    FILES.map(async (name) => {
      const file = new URL(`../../public/data/heart/processed.${name}.data`, import.meta.url);
      const { train } = await readDataset(fileURLToPath(file), spec);
      return selectRows(
        train,
        Uint32Array.from({ length: PATIENTS }, (_, i) => i),
      );
    }),
  );
  const { trained } = await learnHalves({ spec, sites, models: 4, random: seededBytes('membership test') });
  return Math.max(...Object.values(attackAucs(trained)));
}

/** As many passes for both: 60 over the few rows of each site. */
const passes = { ...attackedTask().training, rounds: 2, epochs: 30 };

it('tells members of a plain task that has learnt by heart', async () => {
  expect(await bestAuc(attackedTask({ training: passes }))).toBeGreaterThan(0.62);
});

it('does not tell members of a task with the default noise', async () => {
  const training = { ...passes, learningRate: noisyTask().training.learningRate };
  expect(await bestAuc(attackedTask({ training, privacy: DEFAULT_RECORD_PRIVACY }))).toBeLessThan(0.58);
}, 300_000);
