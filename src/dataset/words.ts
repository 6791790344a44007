/** Words that data files use for the same thing: yes and no, woman and man, nothing known. */
import { editDistance } from './names.ts';

const YES = ['yes', 'y', 'true', 't', 'ja', 'j', 'oui', 'si', 'sí', 'positive', 'pos', 'present', '1'];
const NO = ['no', 'n', 'false', 'f', 'nein', 'non', 'negative', 'neg', 'absent', 'none', '0'];
const MALE = ['male', 'm', 'man', 'men', 'boy', 'männlich', 'mann', 'homme', 'masculin', 'hombre', 'uomo'];
const FEMALE = ['female', 'f', 'w', 'woman', 'women', 'girl', 'weiblich', 'frau', 'femme', 'féminin', 'mujer', 'donna'];
const GROUPS = [YES, NO, MALE, FEMALE];

const MISSING = new Set([
  ...[
    '',
    'na',
    'n/a',
    'n.a.',
    '#n/a',
    '#na',
    'nan',
    'null',
    '#null!',
    'nil',
    'nd',
    '-',
    '--',
    '–',
    '.',
    '..',
    '?',
    '*',
  ],
  ...['unknown', 'unk', 'missing', 'not available', 'not known', 'unbekannt', 'k.a.', 'fehlt', 'inconnu'],
]);
const MISSING_NUMBERS = /^(?:-9|-99|-999|-9999|-1|9|99|999|9999|99999)(?:\.0+)?$/u;

/** Whether a text usually stands for a value that nobody knows. */
export function isMissingWord(text: string): boolean {
  return MISSING.has(text.trim().toLowerCase());
}

/** Whether texts say yes and no, in words. */
export function areYesAndNo(texts: readonly string[]): boolean {
  const plain = texts.map(plainText);
  const isWord = (group: readonly string[]) => plain.some((text) => text.length > 1 && group.includes(text));
  return plain.length === 2 && isWord(YES) && isWord(NO);
}

/** Whether a number is one that is used for an unknown value. */
export function isMissingNumber(text: string): boolean {
  return MISSING_NUMBERS.test(text.trim());
}

/**
 * Which of the known texts is meant, if one is far more likely than the others: by case and spaces, by meaning, by a typing error.
 * @param description of the column; pairs such as "0 woman, 1 man" tell what a code means
 */
export function likelyMeaning(text: string, known: readonly string[], description: string): string | undefined {
  const plain = plainText(text);
  if (plain === '') return undefined;
  const meanings = known.map((entry) =>
    [plainText(entry), ...describedAs(entry, description)].filter((word) => word !== ''),
  );
  const pick = (test: (word: string) => boolean) => {
    const found = known.filter((_, i) => meanings[i]?.some(test));
    return found.length === 1 ? found[0] : undefined;
  };
  return (
    pick((word) => word === plain) ??
    pick((word) => sameGroup(word, plain)) ??
    pick((word) => plain.length >= 4 && word.length >= 4 && editDistance(word, plain) <= (plain.length >= 8 ? 2 : 1))
  );
}

function plainText(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/gu, ' ');
}

function sameGroup(a: string, b: string): boolean {
  return GROUPS.some((group) => group.includes(a) && group.includes(b));
}

/** Words that follow a code in a description, up to the next comma: of "0 woman, 1 man", 1 is "man". */
function describedAs(code: string, description: string): readonly string[] {
  const parts = description.split(/[,;:.()]/u).map((part) => part.trim());
  return parts
    .map((part) => /^(\S+)\s*(?:=|-|–)?\s+(.+)$/u.exec(part))
    .flatMap((match) => (match?.[1]?.replace(/=$/u, '') === code.trim() ? [plainText(match[2] ?? '')] : []));
}
