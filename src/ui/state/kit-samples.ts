/** Results for the design system's own page: invented, one of each kind. */
import type { Example, JudgedModel, ModelMetrics } from '../../session/status.ts';
import { kitWords } from '../words/kit.ts';

const [cat, dog, owl] = kitWords.classNames;

export const kitMetrics = {
  classes: {
    kind: 'classes',
    rows: 120,
    accuracy: 0.85,
    balancedAccuracy: 0.84,
    f1: 0.84,
    logLoss: 0.412,
    calibrationError: 0.031,
    classes: [
      { name: cat, rows: 50, precision: 0.9, recall: 0.88, f1: 0.89 },
      { name: dog, rows: 50, precision: 0.84, recall: 0.86, f1: 0.85 },
      { name: owl, rows: 20, precision: 0.76, recall: 0.75, f1: 0.75 },
    ],
    confusion: [
      [44, 5, 1],
      [4, 43, 3],
      [1, 4, 15],
    ],
  },
  value: { kind: 'value', rows: 720, rmse: 24.6, mae: 15.2, r2: 0.91, unit: kitWords.sensorUnit },
  next: { kind: 'next', characters: 48_210, accuracy: 0.56, bitsPerCharacter: 2.113 },
} as const satisfies Readonly<Record<string, ModelMetrics>>;

/** A soft disc, larger or smaller. */
function picture(radius: number): Example {
  const side = 16;
  const pixels = Uint8ClampedArray.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot((i % side) - 7.5, Math.floor(i / side) - 7.5);
    return 255 - 40 * Math.max(0, distance - radius);
  });
  return { kind: 'pictures', height: side, width: side, channels: 1, pixels };
}

function curvesOf(name: string, height: number): JudgedModel['curves'][number] {
  return {
    name,
    roc: [
      { falsePositiveRate: 0, truePositiveRate: 0 },
      { falsePositiveRate: 1 - height, truePositiveRate: height },
      { falsePositiveRate: 1, truePositiveRate: 1 },
    ],
    precisionRecall: [
      { recall: height, precision: height },
      { recall: 1, precision: height / 2 },
    ],
    auc: height,
    averagePrecision: height * height + ((1 - height) * height) / 2,
  };
}

const kitJudged: JudgedModel = {
  metrics: kitMetrics.classes,
  curves: [cat, dog, owl].map((name, i) => curvesOf(name, 0.95 - 0.05 * i)),
  calibration: [
    { predicted: 0.45, observed: 0.4, rows: 10 },
    { predicted: 0.75, observed: 0.7, rows: 30 },
    { predicted: 0.95, observed: 0.97, rows: 80 },
  ],
  worst: [
    { row: 11, loss: 4.2, actual: 0, said: 1, confidence: 0.97, example: picture(6) },
    { row: 3, loss: 2.9, actual: 2, said: 1, confidence: 0.81, example: picture(4) },
    { row: 40, loss: 1.4, actual: 1, said: 2, confidence: 0.66, example: picture(3) },
    { row: 7, loss: 0.8, actual: 1, said: 1, confidence: 0.45, example: picture(2) },
  ],
};

export const kitSeries: Example = {
  kind: 'series',
  sensors: [
    {
      name: kitWords.sensor,
      unit: kitWords.sensorUnit,
      values: Float32Array.of(82, 91, 104, 98, 120, 141, 133, 150),
    },
  ],
};

export const kitResult = {
  together: kitJudged,
  alone: {
    ...kitJudged,
    metrics: { ...kitMetrics.classes, accuracy: 0.75, f1: 0.73 },
    curves: [cat, dog, owl].map((name, i) => curvesOf(name, 0.85 - 0.05 * i)),
  },
} as const;
