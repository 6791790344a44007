/**
 * Two tasks over four air-quality stations of Beijing, a reading every third hour for four years (public/data/beijing-air/LICENCE.txt):
 * is the fine dust above the limit, told from the other sensors of the last day, and how much of it there will be three hours on.
 */
import type { SeriesSpec } from '../../protocol/data-spec.ts';
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { type ExampleSite, ROUND_RULES } from './shared.ts';

/** A task over sensor readings. */
export type SeriesTask = TaskSpec & { readonly data: SeriesSpec };

export const BEIJING_SITES: readonly ExampleSite[] = ['Aotizhongxin', 'Changping', 'Dingling', 'Dongsi'].map(
  (station) => ({
    id: station.toLowerCase(),
    name: `Station ${station}`,
    path: `/data/beijing-air/${station.toLowerCase()}.csv.gz`,
  }),
);

/** GB 3095-2012, class II: the limit of a day's mean, in µg/m³. */
const LIMIT = 75;

type Sensor = SeriesSpec['columns'][number];
const sensor = (name: string, description: string, unit: string, minimum: number, maximum: number): Sensor => ({
  ...{ kind: 'number', name, description, unit, minimum, maximum },
});
const WEATHER: readonly Sensor[] = [
  sensor('TEMP', 'Temperature', '°C', -40, 50),
  sensor('PRES', 'Pressure', 'hPa', 950, 1060),
  sensor('DEWP', 'Dew point', '°C', -50, 40),
  sensor('RAIN', 'Rain', 'mm', 0, 100),
  sensor('WSPM', 'Wind speed', 'm/s', 0, 30),
];
const GASES: readonly Sensor[] = [
  sensor('SO2', 'Sulphur dioxide', 'µg/m³', 0, 1000),
  sensor('NO2', 'Nitrogen dioxide', 'µg/m³', 0, 500),
  sensor('CO', 'Carbon monoxide', 'µg/m³', 0, 10_000),
  sensor('O3', 'Ozone', 'µg/m³', 0, 1200),
];
const DUST = sensor('PM2.5', 'Fine dust', 'µg/m³', 0, 1000);

/** What both tasks have in common; eight readings are a day. */
const COMMON = { kind: 'series', window: 8, stride: 1, missingMarks: ['NA'], delimiter: ',' } as const;

export function airTaskSpec(overrides: Partial<SeriesTask> = {}): SeriesTask {
  return {
    version: 1,
    title: 'Fine dust above the limit',
    description:
      'Tell from the gases and the weather of the last day whether fine dust (PM2.5) is above 75 µg/m³. PM10 is no input: it would give ' +
      'the answer away. Every station learns from its own sensors.',
    data: {
      ...COMMON,
      columns: [...GASES, ...WEATHER],
      missingMarks: [...COMMON.missingMarks],
      learn: { kind: 'above', name: 'PM2.5', description: 'Fine dust above the limit', above: LIMIT },
    },
    // From 2016 on.
    heldOut: { fraction: 0.29, seed: 'beijing-air' },
    model: {
      layers: [
        { kind: 'flatten' },
        { kind: 'dense', units: 16, activation: 'tanh' },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    training: { rounds: 15, epochs: 1, batchSize: 64, learningRate: 0.05, optimiser: 'sgd', l2: 0.0001 },
    server: { kind: 'fedavg', learningRate: 1 },
    ...ROUND_RULES,
    ...overrides,
  };
}

export function forecastTaskSpec(overrides: Partial<SeriesTask> = {}): SeriesTask {
  return {
    version: 1,
    title: 'Fine dust in three hours',
    description:
      'Forecast fine dust (PM2.5) three hours on from the readings of the last day. Every station learns from its own sensors.',
    data: {
      ...COMMON,
      columns: [DUST, ...WEATHER],
      missingMarks: [...COMMON.missingMarks],
      learn: { kind: 'next', name: 'PM2.5', description: 'Fine dust at the next reading' },
    },
    heldOut: { fraction: 0.29, seed: 'beijing-forecast' },
    model: {
      layers: [
        { kind: 'gru', units: 16, sequences: false },
        { kind: 'dense', units: 1, activation: 'linear' },
      ],
    },
    training: { rounds: 15, epochs: 1, batchSize: 64, learningRate: 0.05, optimiser: 'sgd', l2: 0 },
    server: { kind: 'fedavg', learningRate: 1 },
    ...ROUND_RULES,
    ...overrides,
  };
}
