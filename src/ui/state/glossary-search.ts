/** Looking up words. Pure, so that it is tested without a page. */
import { type GlossaryEntry, glossary } from '../words/glossary.ts';
import { type TermId, terms } from '../words/terms.ts';

export interface FoundTerm extends GlossaryEntry {
  readonly id: TermId;
  readonly term: string;
}

const ALL: readonly FoundTerm[] = (Object.entries(terms) as [TermId, string][])
  .map(([id, term]) => ({ id, term, ...glossary[id] }))
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
  return Object.hasOwn(terms, id);
}
