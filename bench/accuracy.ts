/**
 * The heart section of `learning` by itself:
 *
 *   npm run -s bench -- accuracy --task heart --seeds 20
 */
import { check } from '../src/core/errors.ts';
import { figures } from './learning/heart.ts';
import { type BenchContext, type Figure } from './figure.ts';

/** @throws MurmurError bad-input for another task or a number of seeds outside 2..1000 */
export async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { task = 'heart' } = context.args;
  check(task === 'heart', `there is no task ${task}`, 'The only task is heart.');
  return figures(context);
}
