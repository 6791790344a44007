/**
 * The heart task: four hospitals, ten features, 740 rows (public/data/heart/LICENCE.txt), after FLamby's Fed-Heart-Disease
 * (Ogier du Terrail et al., NeurIPS 2022): the first ten columns, rows with a missing one dropped.
 */
import { type TableTask, checkTaskSpec } from '../protocol/task-spec.ts';
import { tableOf } from '../protocol/target.ts';

/** The four sites with their file under public/data/heart and their rows after dropping. */
export const HEART_SITES = [
  { id: 'cleveland', name: 'Cleveland Clinic Foundation', file: 'processed.cleveland.data', rows: 303 },
  { id: 'hungarian', name: 'Hungarian Institute of Cardiology, Budapest', file: 'processed.hungarian.data', rows: 261 },
  { id: 'switzerland', name: 'University Hospitals, Zurich and Basel', file: 'processed.switzerland.data', rows: 46 },
  { id: 'va', name: 'V.A. Medical Center, Long Beach', file: 'processed.va.data', rows: 130 },
] as const;

/**
 * The task spec of the heart task.
 * @param overrides top-level entries to replace; the result is checked like any other spec
 */
export function heartTaskSpec(overrides: Partial<TableTask> = {}): TableTask {
  const spec: TableTask = {
    version: 1,
    title: 'Heart disease, four hospitals',
    description:
      'Predict from ten routine measurements whether coronary angiography finds a narrowing of more than half the diameter in a main vessel. ' +
      'Four hospitals train one model; no row leaves any of them.',
    data: {
      kind: 'table',
      columns: [
        { kind: 'number', name: 'age', description: 'Age', unit: 'years', position: 0, minimum: 18, maximum: 100 },
        { kind: 'category', name: 'sex', description: '0 woman, 1 man', position: 1, categories: ['0', '1'] },
        {
          kind: 'category',
          name: 'cp',
          description: 'Chest pain: 1 typical angina, 2 atypical angina, 3 non-anginal pain, 4 none',
          position: 2,
          categories: ['1', '2', '3', '4'],
        },
        {
          kind: 'number',
          name: 'trestbps',
          description: 'Resting blood pressure',
          unit: 'mmHg',
          position: 3,
          minimum: 0,
          maximum: 300,
        },
        {
          kind: 'number',
          name: 'chol',
          description: 'Serum cholesterol; 0 stands for not measured',
          unit: 'mg/dl',
          position: 4,
          minimum: 0,
          maximum: 700,
        },
        {
          kind: 'category',
          name: 'fbs',
          description: 'Fasting blood sugar above 120 mg/dl: 0 no, 1 yes',
          position: 5,
          categories: ['0', '1'],
        },
        {
          kind: 'category',
          name: 'restecg',
          description: 'Resting electrocardiogram: 0 normal, 1 ST-T abnormality, 2 left ventricular hypertrophy',
          position: 6,
          categories: ['0', '1', '2'],
        },
        {
          kind: 'number',
          name: 'thalach',
          description: 'Highest heart rate reached',
          unit: '1/min',
          position: 7,
          minimum: 40,
          maximum: 240,
        },
        {
          kind: 'category',
          name: 'exang',
          description: 'Angina brought on by exercise: 0 no, 1 yes',
          position: 8,
          categories: ['0', '1'],
        },
        {
          kind: 'number',
          name: 'oldpeak',
          description: 'ST depression by exercise against rest',
          unit: 'mm',
          position: 9,
          minimum: -5,
          maximum: 10,
        },
      ],
      label: {
        name: 'num',
        description: 'Angiography: 0 no narrowing above half, 1 to 4 otherwise',
        position: 13,
        positive: { above: 0 },
      },
      missingMarks: ['?'],
      delimiter: ',',
      header: false,
      missingRule: 'drop-row',
    },
    heldOut: { fraction: 0.2, seed: 'heart' },
    model: {
      layers: [
        { kind: 'dense', units: 8, activation: 'tanh' },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    // The batch is larger than any site, so an epoch is one step at every site. With small batches a large site would take more steps
    // than a small one and pull the model twice, by its weight and by its steps (Wang et al., FedNova, NeurIPS 2020).
    training: { rounds: 12, epochs: 5, batchSize: 512, learningRate: 0.1, optimiser: 'sgd', l2: 0.01 },
    server: { kind: 'fedadam', learningRate: 0.2, beta1: 0.5, beta2: 0.99, tau: 0.1 },
    // Honest weighted updates had norms up to 0.31; 16 · 2^26 < 2^31 leaves no wrap.
    masking: { clipNorm: 1, updateWidth: 32, updateFractionBits: 26, rowCap: 256, maxCohort: 16 },
    evaluation: { bins: 20, release: 'exact' },
    retry: 'strict',
    minDiff: 2,
    ...overrides,
  };
  const checked = checkTaskSpec(spec);
  return { ...checked, data: tableOf(checked.data) };
}
