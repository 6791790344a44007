/**
 * Which column of a file a column of the schema is, by its name: letter by letter, then without case, accents, spaces, units and
 * prefixes, then by the schema's description. A name that is only near is a suggestion, never a match.
 */

export interface Wanted {
  readonly name: string;
  readonly description: string;
  readonly unit?: string | undefined;
}

const PREFIXES = /^(?:patient|patients|pat|pt|subject|subj|participant|baseline|bl|col|var|field)s?[\s._-]+/u;
const MAX_SUGGESTIONS = 3;

/** Letters and digits of a name alone, without case, accents and what stands in brackets. */
export function plainName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[([{][^)\]}]*[)\]}]/gu, ' ')
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** The unit that a name gives in brackets: "Chol (mmol/l)". */
export function bracketedUnit(name: string): string | undefined {
  return /[([{]\s*([^)\]}]{1,20}?)\s*[)\]}]/u.exec(name)?.[1];
}

/**
 * Places in the file, one a wanted column; undefined where none or more than one fits. No place is given twice.
 * @param names header of the file
 */
export function matchNames(wanted: readonly Wanted[], names: readonly string[]): readonly (number | undefined)[] {
  const places: (number | undefined)[] = wanted.map(({ name }) => onlyIndex(names, (other) => other.trim() === name));
  const variants = fileVariants(names);
  const taken = new Set(places);
  for (const [i, column] of wanted.entries()) {
    if (places[i] !== undefined || names.some((name) => name.trim() === column.name)) continue;
    const targets = wantedVariants(column);
    const place = onlyIndex(variants, (forms, at) => !taken.has(at) && fits(forms, targets, column.unit));
    places[i] = place;
    if (place !== undefined) taken.add(place);
  }
  return places;
}

/** Places whose names are near, best first. @param taken places that are mapped already */
export function nearNames(column: Wanted, names: readonly string[], taken: ReadonlySet<number>): readonly number[] {
  const variants = fileVariants(names);
  const scored = variants.flatMap((forms, place) => {
    if (taken.has(place)) return [];
    const score = Math.max(...forms.map((form) => nearness(form, column)));
    // Two columns of one name are both near; only the person can say which is meant.
    return score > 0 ? [{ place, score }] : [];
  });
  return scored
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ place }) => place);
}

/** Fewest letters to change, add, leave out or swap with the next one (Damerau 1964, restricted). */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  let [older, old] = [new Array<number>(width).fill(0), Array.from({ length: width }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j < width; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((old[j] as number) + 1, (row[j - 1] as number) + 1, (old[j - 1] as number) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (older[j - 2] as number) + 1);
      row.push(least);
    }
    [older, old] = [old, row];
  }
  return old[b.length] as number;
}

function fileVariants(names: readonly string[]): readonly (readonly string[])[] {
  const prefix = commonPrefix(names);
  return names.map((name) => {
    const short = name.trim().toLowerCase();
    const forms = [name, short.replace(PREFIXES, ''), short.slice(prefix.length)];
    return [...new Set(forms.map(plainName))].filter((form) => form !== '');
  });
}

/** What all names begin with, up to a separator: "v1_" of v1_age and v1_sex. */
function commonPrefix(names: readonly string[]): string {
  const [first = '', ...others] = names.map((name) => name.trim().toLowerCase());
  if (others.length === 0) return '';
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length++;
  const end = first.slice(0, length).search(/[\s._:-][^\s._:-]*$/u);
  return end < 0 ? '' : first.slice(0, end + 1);
}

function wantedVariants({ name, description }: Wanted): ReadonlySet<string> {
  const [short = ''] = description.split(/[:;,.(]/u);
  return new Set([plainName(name), plainName(description), plainName(short)].filter((form) => form !== ''));
}

function fits(forms: readonly string[], targets: ReadonlySet<string>, unit: string | undefined): boolean {
  const suffix = unit === undefined ? '' : plainName(unit);
  return forms.some(
    (form) =>
      targets.has(form) || (suffix !== '' && form.endsWith(suffix) && targets.has(form.slice(0, -suffix.length))),
  );
}

/** Between 0 (nothing in common) and 1. */
function nearness(form: string, { name, description }: Wanted): number {
  const target = plainName(name);
  if (form === target) return 1;
  const longest = Math.max(form.length, target.length);
  const distance = longest > 64 ? longest : editDistance(form, target);
  if (longest >= 3 && distance <= Math.max(1, Math.floor(longest / 4))) return 1 - distance / longest;
  const [long, short] = form.length > target.length ? [form, target] : [target, form];
  if (short.length >= 3 && long.includes(short)) return short.length / long.length / 2;
  const words = description.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  return words.some((word) => form.includes(plainName(word)) || (form.length >= 4 && plainName(word).startsWith(form)))
    ? 0.2
    : 0;
}

/** The only index for which a test holds. */
function onlyIndex<T>(items: readonly T[], test: (item: T, index: number) => boolean): number | undefined {
  const found = items.flatMap((item, i) => (test(item, i) ? [i] : []));
  return found.length === 1 ? found[0] : undefined;
}
