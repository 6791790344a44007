/** Texts around the glossary. */
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

export const glossaryPageWords = {
  intro:
    'The words that this page uses, in plain English. Wherever one is underlined with dots, you can look at it there.',
  search: 'Search',
  searchHint: 'A word, or part of its explanation',
  found: (shown: number, all: number) =>
    shown === all ? plural(all, 'word') : `${formatCount(shown)} of ${plural(all, 'word')}`,
  noneTitle: 'No word fits',
  noneText: 'Try a shorter one, or show all words.',
  showAll: 'Show all words',
  linkTo: (term: string) => `Link to ${term}`,
} as const;
