/** Collects what a reading meets: how often, and at which first places. */
import type { ExampleFinding } from './example-report.ts';
import {
  type ExampleFindingKind,
  type ExamplesPlan,
  type ExamplesRepair,
  PLAIN_PLAN,
  examplesRepairs,
} from './examples-plan.ts';
import { shorten } from './reading.ts';

const PLACES = 3;
const MAX_KEYS = 200;
/** A set of which more than this does not fit was made for something else. */
const MOST_MISFITS = 0.1;
/** With more unknown characters than this the alphabet is the wrong one. */
const MOST_UNKNOWN = 0.3;
/** With fewer there is nothing to say. */
const FEW_UNKNOWN = 0.01;

interface Entry {
  readonly kind: ExampleFindingKind;
  readonly name: string | undefined;
  readonly places: string[];
  example: string | undefined;
  count: number;
  readonly of: number | undefined;
  /** of this finding alone */
  readonly repairs: readonly ExamplesRepair[];
}

/** Kinds that leave an example out because it does not fit. */
const MISFITS: ReadonlySet<ExampleFindingKind> = new Set([
  'unknown-class',
  'unreadable',
  'out-of-range',
  'not-a-number',
  'short-row',
  'undecodable',
]);

export class Findings {
  readonly #plan: ExamplesPlan;
  readonly #entries = new Map<string, Entry>();

  constructor(plan: ExamplesPlan = PLAIN_PLAN) {
    this.#plan = plan;
  }

  /**
   * @param at where, `example` what stands there, `name` the class or column that it is about, `of` of how many, where that is
   * not what was met in all, `repairs` beside those of its kind; the first ones count
   */
  note(
    kind: ExampleFindingKind,
    {
      at,
      example,
      name,
      count = 1,
      of,
      repairs = [],
    }: {
      at?: string;
      example?: string;
      name?: string;
      count?: number;
      of?: number;
      repairs?: readonly ExamplesRepair[];
    } = {},
  ): void {
    const key = name === undefined || this.#entries.size >= MAX_KEYS ? kind : `${kind}:${name}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { kind, name: key === kind ? undefined : name, places: [], example: undefined, count: 0, of, repairs };
      this.#entries.set(key, entry);
    }
    entry.count += count;
    if (at !== undefined && entry.places.length < PLACES) entry.places.push(at);
    if (example !== undefined) entry.example ??= shorten(example);
  }

  /** How often a kind was met. */
  count(kind: ExampleFindingKind): number {
    let sum = 0;
    for (const entry of this.#entries.values()) if (entry.kind === kind) sum += entry.count;
    return sum;
  }

  /**
   * Those that block first.
   * @param seen what was met, that which was left out included
   */
  list(seen: number): readonly ExampleFinding[] {
    const found: ExampleFinding[] = [];
    for (const [id, { kind, name, places, example, count, of: known, repairs }] of this.#entries) {
      const of = known ?? seen;
      if (kind === 'unknown-characters' && count < FEW_UNKNOWN * of) continue;
      const severity = this.#severity(kind, count, of);
      found.push({
        id,
        kind,
        severity,
        count,
        of,
        places,
        repairs: [...repairs, ...examplesRepairs({ kind, severity }, this.#plan)],
        ...(name !== undefined && { name }),
        ...(example !== undefined && { example }),
      });
    }
    return found.sort((a, b) => Number(a.severity === 'warns') - Number(b.severity === 'warns'));
  }

  #severity(kind: ExampleFindingKind, count: number, of: number): 'blocks' | 'warns' {
    if (kind === 'unmapped' || kind === 'no-rows' || kind === 'too-many-rows') return 'blocks';
    if (this.#plan.accepted.includes(kind)) return 'warns';
    if (kind === 'unknown-characters') return count > MOST_UNKNOWN * of ? 'blocks' : 'warns';
    if (!MISFITS.has(kind)) return 'warns';
    return this.count(kind) > MOST_MISFITS * of ? 'blocks' : 'warns';
  }
}
