/** Sensor readings as they are entered, and from them the series of the spec. */
import type { InferredSeries, InferredTime } from '../../dataset/infer-series.ts';
import type { SeriesSpec } from '../../protocol/data-spec.ts';
import { ABOUT_LENGTH, type Entries, LARGEST_VALUE, marksForm, NAME_LENGTH } from './create-entries.ts';

export interface SensorForm {
  readonly name: string;
  use: boolean;
  unit: string;
  minimum: string;
  maximum: string;
}

export interface SeriesForm {
  readonly kind: 'series';
  readonly delimiter: SeriesSpec['delimiter'];
  readonly time: InferredTime | undefined;
  sensors: SensorForm[];
  window: string;
  stride: string;
  learn: SeriesSpec['learn']['kind'];
  /** index into sensors as text */
  target: string;
  targetDescription: string;
  above: string;
  /** separated by commas */
  missingMarks: string;
  missingEmpty: boolean;
}

const LONGEST = 1024;
const MOST_SENSORS = 64;

/** Public ranges stay empty, as those of a table. */
export function startSeries(file: InferredSeries): SeriesForm {
  return {
    kind: 'series',
    delimiter: file.delimiter,
    time: file.time,
    sensors: file.sensors.map(({ name, unit }, i) => ({
      ...{ name, unit: unit ?? '', minimum: '', maximum: '' },
      use: i < MOST_SENSORS,
    })),
    window: String(file.window),
    stride: '1',
    learn: 'next',
    target: '0',
    targetDescription: '',
    above: '',
    ...marksForm(file.missingMarks),
  };
}

/** Whether a sensor is an input: what is told from others is none, what is forecast is one. */
export function isInput(form: SeriesForm, index: number): boolean {
  if (form.target === String(index)) return form.learn === 'next';
  return form.sensors[index]?.use === true;
}

/** The series; undefined without a sensor, so that nothing can follow from it. */
export function readSeries(entries: Entries, form: SeriesForm): SeriesSpec | undefined {
  const used = form.sensors.flatMap((sensor, index) => (isInput(form, index) ? [{ sensor, index }] : []));
  if (used.length === 0 || used.length > MOST_SENSORS) entries.wrong('sensors', { kind: 'no-sensors' });
  const taken = new Set<string>();
  const columns = used.map(({ sensor, index }): SeriesSpec['columns'][number] => {
    const at = `sensors.${index}`;
    const name = sensor.name.trim().slice(0, NAME_LENGTH);
    if (taken.has(name)) entries.wrong('sensors', { kind: 'name-taken' });
    taken.add(name);
    const unit = entries.text(`${at}.unit`, sensor.unit, 0, 32);
    return { kind: 'number', name, description: '', ...(unit !== '' && { unit }), ...entries.range(at, sensor) };
  });
  const window = entries.whole('window', form.window, 1, LONGEST);
  const stride = entries.whole('stride', form.stride, 1, LONGEST);
  const missingMarks = entries.marks(form);
  const target = form.sensors[Number(form.target)];
  const description = entries.text('targetDescription', form.targetDescription, 0, ABOUT_LENGTH);
  if (target === undefined || columns.length === 0) return undefined;
  const about = { name: target.name.trim().slice(0, NAME_LENGTH), description };
  const learn: SeriesSpec['learn'] =
    form.learn === 'next'
      ? { kind: 'next', ...about }
      : { kind: 'above', ...about, above: entries.number('above', form.above, -LARGEST_VALUE, LARGEST_VALUE) };
  return { kind: 'series', columns, window, stride, missingMarks, delimiter: form.delimiter, learn };
}
