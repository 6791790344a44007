/**
 * Units in which the same measurement is written elsewhere: value in the schema's unit = cell · factor. Factors of concentrations
 * follow from molar masses (cholesterol 386.65, triglycerides 885.7, glucose 180.16, creatinine 113.12 g/mol).
 */

export interface OtherUnit {
  readonly unit: string;
  readonly factor: number;
}

interface Conversion extends OtherUnit {
  readonly to: string;
  /** only for columns whose name or description has such a word */
  readonly about?: RegExp;
}

const LIPID = /chol|ldl|hdl|lipid/iu;
const GLUCOSE = /gluc|glyk|glyc|sugar|zucker|sucre/iu;
const TRIGLYCERIDE = /trig|tg\b/iu;
const CREATININE = /crea|krea/iu;
const KILOGRAMS_PER_POUND = 0.45359237;
const DAYS_PER_YEAR = 365.25;
const MMHG_PER_KPA = 7.50062;

const CONVERSIONS: readonly Conversion[] = [
  { to: 'mg/dl', unit: 'mmol/l', factor: 38.67, about: LIPID },
  { to: 'mg/dl', unit: 'mmol/l', factor: 88.57, about: TRIGLYCERIDE },
  { to: 'mg/dl', unit: 'mmol/l', factor: 18.02, about: GLUCOSE },
  { to: 'mg/dl', unit: 'µmol/l', factor: 1 / 88.4, about: CREATININE },
  { to: 'mg/dl', unit: 'g/l', factor: 100 },
  { to: 'mg/dl', unit: 'mg/l', factor: 0.1 },
  { to: 'mmol/l', unit: 'mg/dl', factor: 1 / 38.67, about: LIPID },
  { to: 'mmol/l', unit: 'mg/dl', factor: 1 / 88.57, about: TRIGLYCERIDE },
  { to: 'mmol/l', unit: 'mg/dl', factor: 1 / 18.02, about: GLUCOSE },
  { to: 'µmol/l', unit: 'mg/dl', factor: 88.4, about: CREATININE },
  { to: 'g/dl', unit: 'g/l', factor: 0.1 },
  { to: 'g/l', unit: 'g/dl', factor: 10 },
  { to: 'cm', unit: 'm', factor: 100 },
  { to: 'cm', unit: 'mm', factor: 0.1 },
  { to: 'cm', unit: 'in', factor: 2.54 },
  { to: 'm', unit: 'cm', factor: 0.01 },
  { to: 'm', unit: 'in', factor: 0.0254 },
  { to: 'mm', unit: 'cm', factor: 10 },
  { to: 'kg', unit: 'g', factor: 0.001 },
  { to: 'kg', unit: 'lb', factor: KILOGRAMS_PER_POUND },
  { to: 'g', unit: 'kg', factor: 1000 },
  { to: 'lb', unit: 'kg', factor: 1 / KILOGRAMS_PER_POUND },
  { to: 'years', unit: 'months', factor: 1 / 12 },
  { to: 'years', unit: 'days', factor: 1 / DAYS_PER_YEAR },
  { to: 'months', unit: 'years', factor: 12 },
  { to: 'months', unit: 'days', factor: 12 / DAYS_PER_YEAR },
  { to: 'days', unit: 'years', factor: DAYS_PER_YEAR },
  { to: 'days', unit: 'months', factor: DAYS_PER_YEAR / 12 },
  { to: 'mmhg', unit: 'kPa', factor: MMHG_PER_KPA },
  { to: 'mmhg', unit: 'cmHg', factor: 10 },
  { to: 'kpa', unit: 'mmHg', factor: 1 / MMHG_PER_KPA },
  { to: '%', unit: 'share', factor: 100 },
  { to: 'share', unit: '%', factor: 0.01 },
  { to: '1/min', unit: '1/s', factor: 60 },
  { to: 's', unit: 'ms', factor: 0.001 },
  { to: 'ms', unit: 's', factor: 1000 },
];

const SAME: Readonly<Record<string, string>> = {
  year: 'years',
  yr: 'years',
  yrs: 'years',
  jahre: 'years',
  month: 'months',
  day: 'days',
  percent: '%',
  fraction: 'share',
  '1': 'share',
  bpm: '1/min',
  'beats/min': '1/min',
  'umol/l': 'µmol/l',
  'μmol/l': 'µmol/l',
  lbs: 'lb',
  inch: 'in',
  inches: 'in',
  sec: 's',
};

/** One spelling of a unit. */
export function plainUnit(unit: string): string {
  const text = unit.trim().toLowerCase();
  return SAME[text] ?? text;
}

/** @param words name and description of the column */
export function otherUnits(unit: string | undefined, words: string): readonly OtherUnit[] {
  if (unit === undefined) return [];
  const to = plainUnit(unit);
  return CONVERSIONS.filter((entry) => entry.to === to && (entry.about === undefined || entry.about.test(words)));
}
