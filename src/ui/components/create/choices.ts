/** Choices of the form as radio buttons take them. */

interface ChoiceWords {
  readonly label: string;
  readonly about: string;
}

interface Option extends ChoiceWords {
  readonly value: string;
}

/** All choices in the order of their words. */
export function optionsOf(words: Readonly<Record<string, ChoiceWords>>): readonly Option[] {
  return Object.entries(words).map(([value, said]) => ({ value, ...said }));
}
