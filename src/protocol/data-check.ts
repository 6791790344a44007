/** What a schema cannot say of pictures, texts and series: that names, marks and characters are different ones, and that sizes fit. */
import { type ClassLabelSpec, type DataSpec, type SeriesSpec } from './data-spec.ts';
import { MAX_EXAMPLE, featureWidth } from './target.ts';

/** Path below `data` and what is wrong there. */
export type Trouble = readonly [path: string, message: string];

/** @returns what is wrong first; undefined where nothing is. Tables have a check of their own. */
export function dataTrouble(data: DataSpec): Trouble | undefined {
  const width = featureWidth(data);
  if (width > MAX_EXAMPLE) return ['', `${width} numbers an example are more than ${MAX_EXAMPLE}`];
  switch (data.kind) {
    case 'table':
      return undefined;
    case 'pictures':
      return classTrouble(data.label, 'label');
    case 'texts': {
      const characters = [...data.alphabet];
      const twice = characters.find((character, i) => characters.indexOf(character) < i);
      if (twice !== undefined) return ['alphabet', `the character "${twice}" stands twice`];
      const capital = data.lowerCase
        ? characters.find((character) => character.toLowerCase() !== character)
        : undefined;
      if (capital !== undefined)
        return ['alphabet', `"${capital}" never occurs, because capitals are read as small letters`];
      return data.learn.kind === 'class' ? classTrouble(data.learn.label, 'learn.label') : undefined;
    }
    case 'series':
      return seriesTrouble(data);
  }
}

function classTrouble({ classes }: ClassLabelSpec, path: string): Trouble | undefined {
  const owner = new Map<string, number>();
  for (const [i, { name, marks }] of classes.entries()) {
    // A class's own name may be one of its marks; it must not mean another.
    for (const text of new Set([name, ...marks].map((mark) => mark.trim().toLowerCase()))) {
      const other = owner.get(text);
      if (other !== undefined)
        return [`${path}.classes.${i}`, `"${text}" means the class ${classes[other]?.name} already`];
      owner.set(text, i);
    }
  }
  return undefined;
}

function seriesTrouble({ columns, learn }: SeriesSpec): Trouble | undefined {
  const names = columns.map(({ name }) => name);
  for (const [i, { name, minimum, maximum }] of columns.entries()) {
    if (names.indexOf(name) < i) return [`columns.${i}.name`, `the name ${name} is taken`];
    if (minimum >= maximum) return [`columns.${i}.maximum`, 'must be above the minimum'];
  }
  const isInput = names.includes(learn.name);
  if (learn.kind === 'next' && !isInput)
    return ['learn.name', `no column is called ${learn.name}; what is forecast is one of the inputs`];
  if (learn.kind === 'above' && isInput)
    return ['learn.name', `${learn.name} is an input, so there is nothing to learn`];
  return undefined;
}
