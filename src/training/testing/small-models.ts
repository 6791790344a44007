/** Every preset over small data, each target among them, and the convolution over a text, which is no preset. */
import { type Preset, presetModel } from '../../model/presets.ts';
import { DATA } from '../../model/testing/data.ts';
import type { DataSpec } from '../../protocol/data-spec.ts';
import type { ModelUse } from '../../protocol/model-shapes.ts';
import type { LayerSpec } from '../../protocol/model-spec.ts';

const CASES: readonly (readonly [Preset, keyof typeof DATA])[] = [
  ['logistic', 'a table'],
  ['mlp', 'the next value of a series'],
  ['2nn', 'pictures of 3 classes'],
  ['mcmahan-cnn', 'pictures of 3 classes'],
  ['small-resnet', 'pictures of 2 classes'],
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
