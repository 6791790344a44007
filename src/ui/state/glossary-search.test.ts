import { describe, expect, it } from 'vitest';
import { glossary } from '../words/glossary.ts';
import { terms, type TermId } from '../words/terms.ts';
import { foundTerms, isTerm } from './glossary-search.ts';

describe('the glossary', () => {
  it('says each word in one sentence, and in two to four more', () => {
    // A full stop before a space and a capital ends a sentence; no abbreviation of the glossary has one.
    const sentences = (text: string) => text.split(/[.?!]"? (?=[A-Z])/).length;
    expect(Object.keys(glossary)).toEqual(Object.keys(terms));
    for (const [id, { short, long }] of Object.entries(glossary)) {
      expect(id, id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(terms[id as TermId].length, id).toBeGreaterThan(1);
      expect(short, id).toMatch(/^[A-Z].*\.$/);
      expect(sentences(short), id).toBe(1);
      expect(long, id).toMatch(/^[A-Z].*\.$/);
      expect(sentences(long), id).toBeGreaterThanOrEqual(2);
      expect(sentences(long), id).toBeLessThanOrEqual(4);
    }
  });
});

describe('foundTerms', () => {
  it('gives all by the alphabet', () => {
    const terms = foundTerms(' ').map(({ term }) => term);
    expect(terms).toHaveLength(Object.keys(glossary).length);
    expect(terms).toEqual([...terms].sort((a, b) => a.localeCompare(b, 'en')));
  });

  it('puts terms before explanations', () => {
    expect(foundTerms('mask')[0]?.id).toBe('mask');
    expect(foundTerms('sha-256 FINGERPRINT')[0]?.id).toBe('fingerprint');
    expect(foundTerms('shamir').map(({ id }) => id)).toEqual(['share']);
    expect(foundTerms('xyzzy')).toEqual([]);
  });
});

describe('isTerm', () => {
  it('knows its own words only', () => {
    expect(isTerm('mask')).toBe(true);
    expect(isTerm('toString')).toBe(false);
    expect(isTerm('')).toBe(false);
  });
});
