/** Looking up words. Pure, so that it is tested without a page. */
import { type GlossaryEntry, glossary, type TermId } from '../words/glossary.ts';

export interface FoundTerm extends GlossaryEntry {
  readonly id: TermId;
}

const ALL: readonly FoundTerm[] = (Object.entries(glossary) as [TermId, GlossaryEntry][])
  .map(([id, entry]) => ({ id, ...entry }))
  .sort((a, b) => a.term.localeCompare(b.term, 'en'));

/** Every word of the query somewhere in the entry; those with it in the term itself first, else by the alphabet. */
export function foundTerms(query: string): readonly FoundTerm[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const named = ({ term }: FoundTerm) => words.every((word) => term.toLowerCase().includes(word));
  const found = ALL.filter(({ term, short, long }) => {
    const text = `${term} ${short} ${long}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return [...found.filter(named), ...found.filter((entry) => !named(entry))];
}

/** Whether the part of an address after # names a word. */
export function isTerm(id: string): id is TermId {
  return Object.hasOwn(glossary, id);
}
