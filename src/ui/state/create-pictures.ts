/** Pictures as they are entered, and from them the pictures of the spec. */
import type { LabelPlace } from '../../dataset/infer-classes.ts';
import type { InferredPictures } from '../../dataset/infer-pictures.ts';
import type { PicturesSpec } from '../../protocol/data-spec.ts';
import { type ClassesForm, readClasses, startClasses } from './create-classes.ts';
import type { Entries } from './create-entries.ts';

export interface PicturesForm extends ClassesForm {
  readonly kind: 'pictures';
  readonly labelPlace: LabelPlace;
  /** as the sample has them */
  readonly foundWidth: number;
  readonly foundHeight: number;
  readonly mixedSizes: boolean;
  width: string;
  height: string;
  channels: '1' | '3';
  /** empty: 255 */
  pixelMaximum: string;
}

/** Larger pictures are scaled down unless the person says otherwise: a step's work grows with the square. */
const USUAL_SIDE = 64;
const LARGEST_SIDE = 256;
const LARGEST_PIXEL = 65_535;

export function startPictures(file: InferredPictures, labelName: string): PicturesForm {
  const scale = Math.min(1, USUAL_SIDE / Math.max(file.width, file.height));
  const side = (found: number) => String(Math.max(1, Math.round(found * scale)));
  return {
    kind: 'pictures',
    labelPlace: file.labelPlace,
    foundWidth: file.width,
    foundHeight: file.height,
    mixedSizes: file.mixedSizes,
    width: side(file.width),
    height: side(file.height),
    channels: file.channels === 3 ? '3' : '1',
    pixelMaximum: file.pixelMaximum === undefined ? '' : String(file.pixelMaximum),
    ...startClasses(file.classes, labelName),
  };
}

export function readPictures(entries: Entries, form: PicturesForm): PicturesSpec {
  const maximum =
    form.pixelMaximum.trim() === ''
      ? undefined
      : entries.number('pixelMaximum', form.pixelMaximum, 0.001, LARGEST_PIXEL);
  return {
    kind: 'pictures',
    height: entries.whole('height', form.height, 1, LARGEST_SIDE),
    width: entries.whole('width', form.width, 1, LARGEST_SIDE),
    channels: form.channels === '3' ? 3 : 1,
    ...(maximum !== undefined && { pixelMaximum: maximum }),
    label: readClasses(entries, form),
  };
}
