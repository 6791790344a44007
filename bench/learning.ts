/**
 * What tasks learn by the product's own path, against what they should: one module a section in bench/learning.
 *
 *   npm run -s bench -- learning [--only heart,sms] [--seeds 3] [--full]
 *
 * docs/learning.md says what each figure means and how its task was tuned. With --only the other sections' figures stay as they were
 * recorded; --seeds goes to every section that has seeds.
 */
import { check } from '../src/core/errors.ts';
import { type BenchContext, type Figure } from './figure.ts';
import { figures as attack } from './learning/attack.ts';
import { figures as beijing } from './learning/beijing.ts';
import { figures as dirichlet } from './learning/dirichlet.ts';
import { figures as heart } from './learning/heart.ts';
import { figures as lora } from './learning/lora.ts';
import { figures as mnist } from './learning/mnist.ts';
import { figures as pneumonia } from './learning/pneumonia.ts';
import { figures as poison } from './learning/poison.ts';
import { figures as sms } from './learning/sms.ts';
import type { Section } from './learning/section.ts';

/** In the order in which they run. */
const SECTIONS: Readonly<Record<string, Section>> = {
  heart,
  pneumonia,
  sms,
  beijing,
  dirichlet,
  lora,
  poison,
  attack,
  mnist,
};

/** @throws MurmurError bad-input for a section that there is not */
export async function run(context: BenchContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const name of chosenSections(context.args['only'])) {
    const started = performance.now();
    const progress = (text: string) => context.progress(`${name}: ${text}`);
    figures.push(...(await (SECTIONS[name] as Section)({ ...context, progress })));
    progress(`done in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  return figures;
}

function chosenSections(only: string | undefined): readonly string[] {
  const known = Object.keys(SECTIONS);
  const chosen = only?.split(',') ?? known;
  const unknown = chosen.find((name) => !known.includes(name));
  check(unknown === undefined, `there is no section ${unknown}`, `There are ${known.join(', ')}.`);
  return chosen;
}
