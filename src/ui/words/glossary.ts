export const glossary: Record<string, { term: string; short: string }> & { cohort: { term: string; short: string } } = {
  cohort: { term: 'Cohort', short: 'x' },
};
export type TermId = 'cohort';
