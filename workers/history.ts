/** Rounds that this browser has seen, across reloads: the session tells them as they end, the journal keeps them. */
import { utf8 } from '../src/core/bytes.ts';
import type { Journal } from '../src/protocol/ports.ts';
import type { RoundSummary } from '../src/session/status.ts';

const KEY = 'page/history';
/** All of it goes to the page with every change. */
const MOST_ROUNDS = 1000;

export interface History {
  /** Everything known, oldest first; keeps what is new. */
  merge(seen: readonly RoundSummary[]): readonly RoundSummary[];
}

/** A history that cannot be read or written any more is begun anew: it is a comfort, not a secret or a proof. */
export async function openHistory(journal: Journal): Promise<History> {
  const bytes = await journal.get(KEY);
  let rounds = parse(bytes);
  return {
    merge(seen) {
      const known = new Map(rounds.map((round) => [round.round, round]));
      // What a site has alone comes some time after its round.
      const fresh = seen.filter(({ round, alone }) => !known.has(round) || (alone && !known.get(round)?.alone));
      if (fresh.length === 0) return rounds;
      for (const round of fresh) known.set(round.round, round);
      rounds = [...known.values()].sort((a, b) => a.round - b.round).slice(-MOST_ROUNDS);
      journal.put(KEY, utf8(JSON.stringify(rounds))).catch(() => undefined);
      return rounds;
    },
  };
}

function parse(bytes: Uint8Array<ArrayBuffer> | undefined): readonly RoundSummary[] {
  if (bytes === undefined) return [];
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(value) ? value.filter(isSummary) : [];
  } catch {
    return [];
  }
}

/** Earlier versions of the page kept less of a round, and did not say of what kind its figures are. */
function isSummary(value: unknown): value is RoundSummary {
  const { round, reason, part, own, alone, together } = Object(value) as Partial<RoundSummary>;
  const kindsKnown = [own, alone, together].every((metrics) => metrics === undefined || 'kind' in metrics);
  return typeof round === 'number' && typeof reason === 'number' && typeof part === 'string' && kindsKnown;
}
