/** What a person enters to create a task, as plain data: texts as they were typed, and nothing of the sample that names anybody. */
import type { Preset } from '../../../workers/api/create.ts';
import type { InferredData } from '../../dataset/infer-data.ts';
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { type LayerForm } from './create-layers.ts';
import { type NoiseForm, START_NOISE } from './create-noise.ts';
import { type PicturesForm, startPictures } from './create-pictures.ts';
import { type SeriesForm, startSeries } from './create-series.ts';
import { type PartsForm, startParts } from './create-parts.ts';
import { startTable, type TableForm } from './create-table.ts';
import { type LearningKind, startTraining, type TrainingForm } from './create-training.ts';
import { startTexts, type TextsForm } from './create-texts.ts';

export type DataForm = TableForm | PicturesForm | TextsForm | SeriesForm;
export type ModelId = Preset | 'own';

export interface CreateForm extends TrainingForm, NoiseForm, PartsForm {
  /** random; makes every draft another task, even when all else is the same */
  readonly id: string;
  readonly fileName: string;
  data: DataForm;
  title: string;
  description: string;
  model: ModelId;
  /** of an own model, without the last one */
  layers: LayerForm[];
  heldOutPercent: string;
  minCohort: string;
  maxCohort: string;
  rowCap: string;
  joinSeconds: string;
  phaseSeconds: string;
  stake: string;
  pool: string;
  release: TaskSpec['evaluation']['release'];
  retry: TaskSpec['retry'];
}

/** Entries that depend on no sample. */
const START = {
  ...START_NOISE,
  title: '',
  description: '',
  heldOutPercent: '20',
  minCohort: '3',
  maxCohort: '16',
  joinSeconds: '60',
  phaseSeconds: '60',
  stake: '10',
  pool: '100',
  release: 'exact',
  retry: 'strict',
} as const;

/** Models that a site can train while somebody waits, and send in a few seconds. */
const USUAL_MODELS: Readonly<Record<LearningKind, Preset>> = {
  table: 'mlp',
  pictures: '2nn',
  'texts-class': 'gru',
  'texts-next': 'small-transformer',
  series: 'mlp',
};

/** What is learnt when nobody has named it. */
const LABEL_NAME = 'class';

/**
 * The form for a sample.
 * @param id random text, new for every task
 * @param before what was entered so far; what does not describe the sample is kept, how it is learnt only for the same kind of data
 */
export function startForm(sample: InferredData, id: string, before?: CreateForm): CreateForm {
  const data = startData(sample);
  const kind = learningKind(data);
  const learning = before !== undefined && learningKind(before.data) === kind ? {} : startLearning(kind);
  return { ...startLearning(kind), ...START, ...before, ...learning, id, fileName: sample.fileName, data };
}

/** How the data are learnt, when that is chosen anew. */
export function restartLearning(form: CreateForm): void {
  Object.assign(form, startLearning(learningKind(form.data)));
}

export function learningKind(data: DataForm): LearningKind {
  return data.kind === 'texts' ? `texts-${data.learn}` : data.kind;
}

function startLearning(kind: LearningKind) {
  const rowCap = kind === 'table' ? '256' : '2048';
  const model = { model: USUAL_MODELS[kind] as ModelId, layers: [] as LayerForm[], ...startParts() };
  return { ...startTraining(kind), ...model, rowCap };
}

function startData(sample: InferredData): DataForm {
  switch (sample.kind) {
    case 'table':
      return startTable(sample);
    case 'pictures':
      return startPictures(sample, LABEL_NAME);
    case 'texts':
      return startTexts(sample, LABEL_NAME);
    case 'series':
      return startSeries(sample);
  }
}
