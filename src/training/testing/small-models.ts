/** Every preset over small data, each target among them, and the convolution over a text, which is no preset. */
import { type Preset, presetModel } from '../../model/presets.ts';
import { DATA as OTHERS, pictures } from '../../model/testing/data.ts';
import type { DataSpec } from '../../protocol/data-spec.ts';
import type { ModelUse } from '../../protocol/model-shapes.ts';
import type { LayerSpec } from '../../protocol/model-spec.ts';

/** Sides that keep convolutions quick on every backend; an odd one meets a stride of 2. */
const DATA: Readonly<Record<string, DataSpec>> = {
  ...OTHERS,
  'pictures of 4 x 4': pictures(4, 3),
  'pictures of 5 x 5': pictures(5, 2),
};

const CASES: readonly (readonly [Preset, string])[] = [
  ['logistic', 'a table'],
  ['mlp', 'the next value of a series'],
  ['2nn', 'pictures of 3 classes'],
  ['mcmahan-cnn', 'pictures of 4 x 4'],
  ['small-resnet', 'pictures of 5 x 5'],
  ['gru', 'series above a value'],
  ['gru', 'the next character'],
  ['small-transformer', 'texts of 3 classes'],
  ['small-transformer', 'the next character'],
];

const CONVOLUTION_OVER_TEXT: readonly LayerSpec[] = [
  { kind: 'embedding', codes: 11, units: 8 },
  { kind: 'conv1d', filters: 6, size: 3, stride: 1, padding: 'same', activation: 'relu' },
  { kind: 'max-over' },
  { kind: 'dense', units: 3, activation: 'linear' },
];

export const SMALL_MODELS: Readonly<Record<string, ModelUse>> = Object.fromEntries([
  ...CASES.map(([preset, name]): [string, ModelUse] => {
    const data = DATA[name] as DataSpec;
    return [`${preset} over ${name}`, { model: presetModel(preset, data), data }];
  }),
  ['conv1d over texts of 3 classes', { model: { layers: CONVOLUTION_OVER_TEXT }, data: DATA['texts of 3 classes'] }],
]) as Record<string, ModelUse>;
