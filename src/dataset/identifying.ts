/**
 * Columns that look as if they named a person: by words in the header in several languages, and by their content. A warning, never a
 * proof: a column may identify people without looking so.
 */
import { isNumberText } from '../protocol/cell-text.ts';
import type { IdentifyingKind } from './file-report.ts';

/** Whole words of a header, without accents. */
const WORDS: readonly {
  readonly kind: IdentifyingKind;
  readonly words: ReadonlySet<string>;
  readonly joined: RegExp;
}[] = [
  {
    kind: 'birth-date',
    words: new Set([
      'dob',
      'birth',
      'birthdate',
      'birthday',
      'geburtsdatum',
      'geburtstag',
      'geboren',
      'naissance',
      'nacimiento',
    ]),
    joined: /dateofbirth|birthdate|geburtsdat|datenaissance|fechanacimiento|datanascita|geboortedatum/u,
  },
  {
    kind: 'contact',
    words: new Set([
      ...[
        'email',
        'mail',
        'phone',
        'telephone',
        'mobile',
        'address',
        'street',
        'zip',
        'postcode',
        'telefon',
        'handy',
        'adresse',
      ],
      ...['strasse', 'plz', 'courriel', 'telefono', 'direccion', 'indirizzo', 'adres', 'telefoon'],
    ]),
    joined: /email|phonenumber|postalcode|zipcode|telefonnummer|postleitzahl/u,
  },
  {
    kind: 'record-number',
    words: new Set(['id', 'mrn', 'ssn', 'nhs', 'ahv', 'bsn', 'cpr', 'nir', 'uuid', 'pid', 'dni']),
    joined:
      /patientid|patientno|patientn[ru]m|recordn[ou]|caseid|caseno|casenumber|subjectid|fallnummer|patientennummer|versichertennummer|sozialversicherung|numerodossier|personnummer/u,
  },
  {
    kind: 'name',
    words: new Set([
      ...[
        'name',
        'surname',
        'forename',
        'firstname',
        'lastname',
        'fullname',
        'patientname',
        'vorname',
        'nachname',
        'familienname',
      ],
      ...[
        'nom',
        'prenom',
        'nombre',
        'apellido',
        'apellidos',
        'nome',
        'cognome',
        'naam',
        'achternaam',
        'voornaam',
        'imie',
        'nazwisko',
      ],
    ]),
    joined: /firstname|lastname|familyname|givenname|patientname/u,
  },
];

const LEAST_CELLS = 20;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u;
const PHONE = /^(?:\+|00|0)[\d\s()/.-]{7,20}$/u;
const DATE = /^(?:(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}))(?:[T ].*)?$/u;
const PERSON = /^\p{Lu}[\p{L}.'’-]*,?(?:\s+\p{Lu}[\p{L}.'’-]*){1,3}$/u;
const LONG_ID = /^(?=.*\d)[\p{L}\d][\p{L}\d/_-]{5,39}$/u;

/**
 * @param name of the column; empty when the file names none
 * @param cells of the first rows
 */
export function identifyingKind(name: string, cells: readonly string[]): IdentifyingKind | undefined {
  return byName(name) ?? byContent(cells.map((cell) => cell.trim()).filter((cell) => cell !== ''));
}

function byName(name: string): IdentifyingKind | undefined {
  const plain = name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/gu, 'ss')
    .toLowerCase();
  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  const joined = words.join('');
  return WORDS.find((entry) => words.some((word) => entry.words.has(word)) || entry.joined.test(joined))?.kind;
}

function byContent(cells: readonly string[]): IdentifyingKind | undefined {
  if (cells.length < LEAST_CELLS) return undefined;
  const shareOf = (test: (cell: string) => boolean) => cells.filter(test).length / cells.length;
  const different = new Set(cells).size / cells.length;
  if (shareOf((cell) => EMAIL.test(cell)) > 0.5) return 'contact';
  if (shareOf((cell) => PHONE.test(cell)) > 0.8 && different > 0.5) return 'contact';
  if (looksLikeBirthDates(cells)) return 'birth-date';
  if (shareOf((cell) => PERSON.test(cell)) > 0.8 && different > 0.8) return 'name';
  if (different < 1) return undefined;
  const whole = cells.filter((cell) => isNumberText(cell) && Number.isInteger(Number(cell))).map(Number);
  const rising = whole.filter((value, i) => i === 0 || value > (whole[i - 1] as number)).length;
  if (whole.length === cells.length && rising >= 0.95 * cells.length) return 'record-number';
  const longIds = shareOf((cell) => LONG_ID.test(cell) && (!isNumberText(cell) || /^\d+$/u.test(cell)));
  return longIds > 0.95 ? 'record-number' : undefined;
}

/** Dates that spread over more years than a study lasts. */
function looksLikeBirthDates(cells: readonly string[]): boolean {
  const years = cells.flatMap((cell) => {
    const match = DATE.exec(cell);
    const year = Number(match?.[1] ?? match?.[2] ?? NaN);
    return year >= 1880 && year <= 2100 ? [year] : [];
  });
  if (years.length < 0.8 * cells.length) return false;
  const sorted = years.sort((a, b) => a - b);
  const at = (quantile: number) => sorted[Math.floor(quantile * (sorted.length - 1))] as number;
  return at(0.9) - at(0.1) >= 15;
}
