/**
 * Simulated sites: how one set of rows is dealt out to several, for tasks whose real data came from one place. Say "simulated" wherever
 * a result on such sites is shown. Each function is a pure function of its arguments and the seed; each row goes to exactly one site.
 */
import { check } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';

/** Row numbers of one site, ascending. */
export type SiteRows = Uint32Array;

/** Rows dealt out evenly after a shuffle: every site looks alike. */
export function splitEvenly(rows: number, sites: number, seed: Uint8Array): readonly SiteRows[] {
  checkSites(sites, rows);
  const order = new SeededRandom(seed).permutation(rows);
  return collect(sites, rows, (i) => [order[i] as number, i % sites]);
}

/**
 * Label skew (Hsu, Qi and Brown, arXiv 1909.06335): of every class the sites get shares that are drawn from a Dirichlet distribution.
 * With alpha 0.1 most of a class lies at one or two sites, with 100 all sites look alike. A site may get nothing at all.
 * @param labels class of each row
 */
export function splitByDirichlet(
  labels: ArrayLike<number>,
  sites: number,
  alpha: number,
  seed: Uint8Array,
): readonly SiteRows[] {
  checkSites(sites, labels.length);
  check(alpha > 0 && Number.isFinite(alpha), 'alpha must be a positive number');
  const random = new SeededRandom(seed);
  const siteOf = new Uint16Array(labels.length);
  for (const members of byClass(labels)) {
    const order = random.permutation(members.length);
    const shares = dirichlet(random, sites, alpha);
    let [site, bound] = [0, (shares[0] as number) * members.length];
    for (let i = 0; i < members.length; i++) {
      while (i >= Math.round(bound) && site < sites - 1) bound += (shares[++site] as number) * members.length;
      siteOf[members[order[i] as number] as number] = site;
    }
  }
  return collect(sites, labels.length, (row) => [row, siteOf[row] as number]);
}

/**
 * Shards by label (McMahan et al., AISTATS 2017): rows sorted by class are cut into equal shards, and each site gets some at random, so
 * that with two shards most sites know two classes. Rows that fill no shard go to the last one.
 */
export function splitByShards(
  labels: ArrayLike<number>,
  sites: number,
  shardsPerSite: number,
  seed: Uint8Array,
): readonly SiteRows[] {
  const shards = sites * shardsPerSite;
  check(Number.isInteger(shardsPerSite) && shardsPerSite > 0, 'a site has at least one shard');
  checkSites(shards, labels.length);
  const random = new SeededRandom(seed);
  const sorted = byClass(labels).flatMap((members) => {
    const order = random.permutation(members.length);
    return members.map((_, i) => members[order[i] as number] as number);
  });
  const size = Math.floor(labels.length / shards);
  const owner = random.permutation(shards);
  return collect(sites, labels.length, (i) => {
    const shard = Math.min(shards - 1, Math.floor(i / size));
    return [sorted[i] as number, Math.floor((owner[shard] as number) / shardsPerSite)];
  });
}

/** @param place gives the row and the site of the i-th step */
function collect(sites: number, rows: number, place: (i: number) => readonly [number, number]): readonly SiteRows[] {
  const lists = Array.from({ length: sites }, (): number[] => []);
  for (let i = 0; i < rows; i++) {
    const [row, site] = place(i);
    lists[site]?.push(row);
  }
  return lists.map((list) => Uint32Array.from(list).sort());
}

function byClass(labels: ArrayLike<number>): readonly number[][] {
  const classes = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const members = classes.get(label);
    if (members === undefined) classes.set(label, [row]);
    else members.push(row);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/** Shares that add up to 1: gamma variates, normalised. In logarithms, because with a small alpha most of them are tiny. */
function dirichlet(random: SeededRandom, length: number, alpha: number): Float64Array {
  const logs = Float64Array.from({ length }, () => logGamma(random, alpha));
  const largest = logs.reduce((most, value) => Math.max(most, value), -Infinity);
  const shares = logs.map((value) => Math.exp(value - largest));
  const sum = shares.reduce((total, value) => total + value, 0);
  return shares.map((value) => value / sum);
}

/** Logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang, ACM TOMS 26, 2000; below 1 by their boost, U^(1/shape)). */
function logGamma(random: SeededRandom, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + Math.log(openUniform(random)) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(openUniform(random)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** Standard normal (Box and Muller, 1958). */
function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(openUniform(random))) * Math.cos(2 * Math.PI * random.uniform());
}

/** In (0, 1]. */
function openUniform(random: SeededRandom): number {
  return 1 - random.uniform();
}

function checkSites(parts: number, rows: number): void {
  check(
    Number.isInteger(parts) && parts >= 1 && parts <= Math.min(rows, 65_535),
    `${rows} rows cannot be dealt out to ${parts}`,
  );
}
