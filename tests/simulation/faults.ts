/** A world of random weather and random misfortune, from opening to end; its invariants are checked and its trace is hashed. */
import type { Bytes } from '../../src/core/bytes.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { Phase } from '../../src/protocol/phases.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { hashOf } from './contract-twin.ts';
import { invariants } from './invariants.ts';
import { type Site, World } from './world.ts';

export interface WorldReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly status: string;
  readonly rounds: number;
  readonly settled: number;
  readonly violations: readonly string[];
}

/** When the last healthy task should have ended: afterwards the creator ends it. */
const PATIENCE_MS = 700_000;

/** Runs the world of a seed to its end; of another task where a part of the spec is given. */
export async function simulate(
  seed: number,
  onLine?: (line: string) => void,
  spec?: Partial<TaskSpec>,
  start?: Bytes,
): Promise<WorldReport> {
  const random = new SeededRandom(hashOf(`murmur/faults/${seed}`));
  const world = await World.begin({
    seed,
    siteCount: 3 + random.below(3),
    allowListed: random.below(4) === 0,
    weather: {
      loss: random.uniform() ** 2 * 0.3,
      doubling: random.uniform() * 0.3,
      maxDelayMs: random.uniform() * 3000,
    },
    onLine,
    ...(spec && { spec }),
    start,
  });
  const faults = random.below(5);
  for (let i = 0; i < faults; i++) {
    const site = world.sites[random.below(world.sites.length)] as Site;
    misfortune(world, site, 5_000 + random.below(240_000), 500 + random.below(40_000), random.below(5));
  }
  // Somebody has to be able to end a task whose members left: the creator. Anybody may open rounds meanwhile.
  const janitor = (atMs: number) => {
    if (world.twin.status !== 'running') return;
    const present = world.sites.filter((site) => !site.gone).length;
    if (atMs > PATIENCE_MS) world.twin.abandon();
    else if (present < world.parameters.minCohort) world.twin.open();
    world.after(atMs + 20_000, () => janitor(atMs + 20_000));
  };
  janitor(0);

  await world.end();
  const { twin } = world;
  return {
    seed,
    traceHash: world.traceHash,
    status: twin.status,
    rounds: twin.rounds.length,
    settled: twin.rounds.filter((round) => round.state.phase === Phase.Settled).length,
    violations: [...world.failures, ...(await invariants(twin, world.sites, world.parameters, world.spec, start))],
  };
}

function misfortune(world: World, site: Site, atMs: number, durationMs: number, kind: number): void {
  world.after(atMs, () => {
    if (kind === 0 && world.relay) {
      world.note('the relay goes down');
      world.stopRelay();
      world.after(atMs + durationMs, () => world.startRelay());
    } else if (kind <= 2 && !site.gone) {
      world.crash(site);
      world.after(atMs + durationMs, () => {
        if (!site.gone) world.start(site);
      });
    } else if (kind === 3) {
      world.note(`site ${site.index} is cut off`);
      site.link.cut = true;
      world.after(atMs + durationMs, () => (site.link.cut = false));
    } else if (kind === 4) world.leave(site);
  });
}
