/** Classes of pictures or texts as they are entered: how files write each, and what it is called. */
import type { FoundClass } from '../../dataset/infer-classes.ts';
import type { ClassLabelSpec } from '../../protocol/data-spec.ts';
import { MAX_CLASSES } from '../../protocol/limits.ts';
import { ABOUT_LENGTH, type Entries, NAME_LENGTH } from './create-entries.ts';

export interface ClassForm {
  /** as the files write it */
  readonly mark: string;
  name: string;
  use: boolean;
}

export interface ClassesForm {
  labelName: string;
  labelDescription: string;
  classes: ClassForm[];
}

export function startClasses(found: readonly FoundClass[], labelName: string): ClassesForm {
  const classes = found.slice(0, MAX_CLASSES).map(({ mark }) => ({ mark, name: mark, use: true }));
  return { labelName, labelDescription: '', classes };
}

export function readClasses(entries: Entries, form: ClassesForm): ClassLabelSpec {
  const used = form.classes.flatMap((each, index) => (each.use ? [{ ...each, index }] : []));
  if (used.length < 2) entries.wrong('classes', { kind: 'few-classes' });
  const owners = new Map<string, number>();
  const classes = used.map(({ mark, name: typed, index }) => {
    const field = `classes.${index}.name`;
    const name = entries.text(field, typed, 1, NAME_LENGTH);
    // A name may not be what files write for another class.
    for (const text of new Set([name.toLowerCase(), mark.trim().toLowerCase()])) {
      if ((owners.get(text) ?? index) !== index) entries.wrong(field, { kind: 'class-taken' });
      owners.set(text, index);
    }
    return { name, marks: [mark.slice(0, NAME_LENGTH)] };
  });
  return {
    name: entries.text('labelName', form.labelName, 1, NAME_LENGTH),
    description: entries.text('labelDescription', form.labelDescription, 0, ABOUT_LENGTH),
    classes,
  };
}
