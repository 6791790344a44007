/** `murmur privacy`: the epsilon of a number of noisy rounds, before anybody starts a task. */
import { Command, InvalidArgumentError } from 'commander';
import { MurmurError } from '../../src/core/errors.ts';
import { gaussianCost, type PrivacyCost, type Rounds, skellamCost } from '../../src/privacy/accountant.ts';
import { decimal, printJson, printLine } from '../output.ts';
import { wholeOption } from './options.ts';

interface Options extends Rounds {
  readonly n?: number;
  readonly bits?: number;
  readonly dimension: number;
  readonly deviations: number;
  readonly json?: boolean;
}

/** The ring of the published figures of the distributed mechanisms: a million coordinates, four standard deviations. */
const PUBLISHED = { dimension: 2 ** 20, deviations: 4 };

export function privacyCommand(): Command {
  return new Command('privacy')
    .description(
      'What rounds with noise cost in privacy: epsilon at delta. Without --n and --bits the noise is Gaussian; with them it is Skellam noise that n participants add in a ring of few bits.',
    )
    .requiredOption('--z <multiplier>', 'noise of the sum in clip norms', numberOption(0, 1e9))
    .requiredOption('--rounds <number>', 'releases, or steps of DP-SGD', (text) => wholeOption(text, 1, 1e9))
    .requiredOption(
      '--q <rate>',
      'chance of one participant (or record) to be in a round; 1: always',
      numberOption(0, 1),
    )
    .requiredOption('--delta <chance>', 'chance that the promise does not hold', numberOption(1e-300, 1 - 1e-9))
    .option('--n <number>', 'honest participants whose noise counts', (text) => wholeOption(text, 1, 1e6))
    .option('--bits <number>', 'width of the ring', (text) => wholeOption(text, 2, 48))
    .option(
      '--dimension <number>',
      'coordinates of the vector, with --n and --bits',
      (text) => wholeOption(text, 1, 2 ** 28),
      PUBLISHED.dimension,
    )
    .option(
      '--deviations <number>',
      'standard deviations of the sum that fit into half the ring, with --n and --bits',
      numberOption(1, 100),
      PUBLISHED.deviations,
    )
    .option('--json', 'epsilon, order and mechanism as one JSON object; epsilon is null where nothing bounds it')
    .action((options: Options) => {
      const cost = costOf(options);
      const { epsilon, order = null, mechanism } = cost;
      if (options.json) printJson({ epsilon, order, mechanism });
      else for (const line of words(cost)) printLine(line);
    });
}

function costOf({ n, bits, dimension, deviations, ...rounds }: Options): PrivacyCost {
  if (n === undefined && bits === undefined) return gaussianCost(rounds);
  if (n === undefined || bits === undefined) {
    throw new MurmurError('bad-input', '--n and --bits belong together: noise in a ring needs both');
  }
  return skellamCost({ participants: n, bits, dimension, deviations }, rounds);
}

const MECHANISMS = {
  gaussian: 'Gaussian noise, exact (Balle and Wang 2018)',
  'subsampled-gaussian': 'Gaussian noise over a Poisson sample (Mironov, Talwar, Zhang 2019)',
  skellam: 'Skellam noise (Agarwal, Kairouz, Liu 2021)',
  'subsampled-skellam': 'Skellam noise over a Poisson sample (Zhu and Wang 2019)',
} as const;

function words({ epsilon, delta, order, mechanism }: PrivacyCost): string[] {
  const proof = `${MECHANISMS[mechanism]}${order === undefined ? '' : `, at Rényi order ${order}`}`;
  if (epsilon === Infinity) return ['epsilon: none, nothing bounds what one participant gives away', proof];
  return [
    `epsilon ${epsilon < 0.001 ? epsilon.toExponential(2) : decimal(epsilon)} at delta ${delta}`,
    proof,
    `Whether one took part or not changes the chance of any outcome by a factor of at most ${Math.exp(epsilon).toPrecision(3)}, but for a chance of ${delta}.`,
  ];
}

function numberOption(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}
