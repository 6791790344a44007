/** From what was entered to what is wished for: what is wrong is told field by field, without words, and the worker does the rest. */
import type { ModelChoice, PlanTrouble, TaskWish } from '../../../workers/api/create.ts';
import type { DataSpec } from '../../protocol/data-spec.ts';
import { MAX_COHORT, MAX_ROWS, MIN_COHORT } from '../../protocol/limits.ts';
import { MAX_PHASE_SECONDS } from '../../protocol/task-parameters.ts';
import { Entries, type FieldId, type Problem } from './create-entries.ts';
import { type CreateForm, type DataForm, learningKind } from './create-form.ts';
import { readLayers } from './create-layers.ts';
import { readNoise } from './create-noise.ts';
import { readParts } from './create-parts.ts';
import { readPictures } from './create-pictures.ts';
import { readSeries } from './create-series.ts';
import { readTable } from './create-table.ts';
import { readTexts } from './create-texts.ts';
import { readTraining } from './create-training.ts';

export interface Checked {
  /** in the order of the form */
  readonly problems: ReadonlyMap<FieldId, Problem>;
  /**
   * Undefined while nothing can follow: without data, or with a wrong number in the rest of the form. It is there while a title or a
   * public range is missing, on which no figure depends.
   */
  readonly wish?: TaskWish;
  /** amounts of FLOCK as texts */
  readonly stake: string;
  readonly pool: string;
}

/** Without held-out rows nobody could judge a model. */
const HELD_OUT = { least: 5, most: 90 };

export function checkForm(form: CreateForm): Checked {
  const about = new Entries();
  const title = about.text('title', form.title, 1, 120);
  const description = about.text('description', form.description, 0, 4000);
  const data = readData(about, form.data);
  const rest = new Entries();
  const model: ModelChoice = {
    ...(form.model === 'own'
      ? { kind: 'own', layers: readLayers(rest, form.layers) }
      : { kind: 'preset', preset: form.model }),
    ...readParts(rest, form, form.model === 'own' ? form.layers : undefined),
  };
  const { training, server } = readTraining(rest, form, learningKind(form.data));
  if (training.earlyStop !== undefined && form.release === 'off') rest.wrong('patience', { kind: 'needs-scores' });
  const heldOut = rest.number('heldOutPercent', form.heldOutPercent, HELD_OUT.least, HELD_OUT.most);
  const noise = readNoise(rest, form);
  if (noise !== undefined && (form.algorithm === 'scaffold' || form.algorithm === 'fednova'))
    rest.wrong('algorithm', { kind: 'noise-algorithm' });
  const maxCohort = rest.whole('maxCohort', form.maxCohort, MIN_COHORT, MAX_COHORT);
  const most = rest.problems.has('maxCohort') ? MAX_COHORT : maxCohort;
  const minCohort = rest.whole('minCohort', form.minCohort, MIN_COHORT, most);
  const rowCap = rest.whole('rowCap', form.rowCap, 1, MAX_ROWS);
  const joinSeconds = rest.whole('joinSeconds', form.joinSeconds, 1, MAX_PHASE_SECONDS);
  const phaseSeconds = rest.whole('phaseSeconds', form.phaseSeconds, 1, MAX_PHASE_SECONDS);
  const costs = new Entries();
  const stake = costs.amount('stake', form.stake);
  const pool = costs.amount('pool', form.pool);
  const problems = new Map([...about.problems, ...rest.problems, ...costs.problems]);
  if (data === undefined || rest.problems.size > 0) return { problems, stake, pool };
  const wish: TaskWish = {
    ...{ title, description, data, model, training, server, rowCap, minCohort, maxCohort, joinSeconds, phaseSeconds },
    heldOut: { fraction: heldOut / 100, seed: form.id },
    release: form.release,
    retry: form.retry,
    ...(noise && { noise }),
  };
  return { problems, wish, stake, pool };
}

function readData(entries: Entries, data: DataForm): DataSpec | undefined {
  switch (data.kind) {
    case 'table':
      return readTable(entries, data);
    case 'pictures':
      return readPictures(entries, data);
    case 'texts':
      return readTexts(entries, data);
    case 'series':
      return readSeries(entries, data);
  }
}

/** Which entry is to be changed where only the whole shows that something is wrong. */
export function fieldOf({ path }: PlanTrouble, { model, noise, data }: CreateForm): FieldId {
  const layer = /^model\.layers\.(\d+)$/u.exec(path)?.[1];
  if (layer !== undefined) return model === 'own' ? `layers.${layer}` : 'model';
  if (path === 'model.adapter.rank') return 'rank';
  const part = /^model\.(start|adapter|private)\b/u.exec(path)?.[1];
  if (part !== undefined) return part;
  if (path.includes('classes')) return 'classes';
  if (path.startsWith('data.alphabet')) return 'alphabet';
  if (path.startsWith('data')) return data.kind === 'series' ? 'sensors' : data.kind === 'table' ? 'columns' : 'data';
  if (path.startsWith('training.algorithm')) return 'algorithm';
  const isNoise = path.startsWith('privacy') || path.startsWith('masking');
  return isNoise && noise !== 'none' ? 'noise' : 'model';
}
