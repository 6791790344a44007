/**
 * What a model starts from, and which of its weights the sites learn together, as entered: a file of weights, adapters (LoRA), layers that
 * never leave a site. Whether they fit the model and the file is the worker's to say (planTask); the file itself is kept by no draft.
 */
import type { ModelChoice, PlanTrouble } from '../../../workers/api/create.ts';
import type { Entries, Problem } from './create-entries.ts';
import type { LayerForm } from './create-layers.ts';

/** None, or what becomes of the last layer beside adapters: learnt whole, or adapted like the others. */
export type AdapterId = 'none' | NonNullable<ModelChoice['adapter']>['head'];

/** The chosen file, by what tells it from another one. */
export interface StartForm {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface PartsForm {
  start?: StartForm | undefined;
  adapter: AdapterId;
  rank: string;
  /** alpha / rank */
  strength: string;
  /** ids of own layers, places of a preset's; LAST_LAYER for the last one */
  privateLayers: number[];
}

export const LAST_LAYER = -1;

/** A factor of 2 as in `bench/learning/lora.ts`. */
export function startParts(): PartsForm {
  return { start: undefined, adapter: 'none', rank: '4', strength: '2', privateLayers: [] };
}

/** Bounds of the spec, or narrower where only a mistake lies beyond. */
const RANK = { least: 1, most: 1024 };
const STRENGTH = { least: 0.01, most: 100 };

export function startOf(file: File): StartForm {
  return { name: file.name, sizeBytes: file.size, modifiedMs: file.lastModified };
}

/** @param layers of an own model; undefined for a preset */
export function readParts(
  entries: Entries,
  form: PartsForm,
  layers: readonly LayerForm[] | undefined,
): Pick<ModelChoice, 'adapter' | 'private'> {
  const places = form.privateLayers.flatMap((id): readonly (number | 'last')[] => {
    if (id === LAST_LAYER) return ['last'];
    const place = layers === undefined ? id : layers.findIndex((layer) => layer.id === id);
    return place < 0 ? [] : [place];
  });
  const own = places.length > 0 && { private: places };
  if (form.adapter === 'none') return { ...own };
  const rank = entries.whole('rank', form.rank, RANK.least, RANK.most);
  const strength = entries.number('strength', form.strength, STRENGTH.least, STRENGTH.most);
  return { adapter: { kind: 'lora', rank, alpha: strength * rank, head: form.adapter }, ...own };
}

/** Marks a layer as private, or takes the mark away. */
export function setPrivate(form: PartsForm, id: number, isPrivate: boolean): void {
  const others = form.privateLayers.filter((each) => each !== id);
  form.privateLayers = isPrivate ? [...others, id] : others;
}

/** A later layer may get the id of one that was taken away, and is not private for that. */
export function removeLayer(form: PartsForm & { layers: LayerForm[] }, index: number): void {
  const [removed] = form.layers.splice(index, 1);
  if (removed !== undefined) setPrivate(form, removed.id, false);
}

/** What is wrong with the file. @param isHere whether it is at hand, which it is not after a reload */
export function startProblem(
  { start, adapter }: PartsForm,
  isHere: boolean,
  trouble: PlanTrouble | undefined,
): Problem | undefined {
  if (start !== undefined && !isHere) return { kind: 'start-gone' };
  if (start === undefined && adapter !== 'none') return { kind: 'needs-start' };
  if (trouble?.path !== 'model.start') return undefined;
  return { kind: 'other', message: trouble.message, ...(trouble.hint !== undefined && { hint: trouble.hint }) };
}
