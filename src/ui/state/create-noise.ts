/** The noise of a task as it is entered: none, for whole participants, or for single records. */
import type { NoiseChoice } from '../../../workers/api/create.ts';
import { DEFAULT_RECORD_PRIVACY, DEFAULT_USER_PRIVACY } from '../../protocol/privacy-defaults.ts';
import type { Entries } from './create-entries.ts';

export type NoiseId = 'none' | NoiseChoice['kind'];

/** As typed. */
export interface NoiseForm {
  noise: NoiseId;
  noiseMultiplier: string;
  delta: string;
  /** of a participant's update */
  updateClip: string;
  /** of one record's gradient */
  recordClip: string;
  /** share of a site's rows in a step */
  samplingPercent: string;
}

export const START_NOISE: NoiseForm = {
  noise: 'none',
  noiseMultiplier: String(DEFAULT_USER_PRIVACY.noiseMultiplier),
  delta: '0.00001',
  updateClip: '1',
  recordClip: String(DEFAULT_RECORD_PRIVACY.clipNorm),
  samplingPercent: String(100 * DEFAULT_RECORD_PRIVACY.samplingRate),
};

/** Where only a mistake lies beyond. */
const MULTIPLIER = { least: 0.01, most: 1000 };
const DELTA = { least: 1e-15, most: 0.01 };
const CLIP = { least: 0.0001, most: 1000 };
const PERCENT = { least: 0.001, most: 100 };

/** Noise needs that no score is published: scores have none, so that there would be no limit. */
export function chooseNoise(form: NoiseForm & { release: 'exact' | 'off'; patience: string }, noise: NoiseId): void {
  if (form.noise === 'none' && noise !== 'none') {
    form.release = 'off';
    // Stopping early is by the scores.
    form.patience = '';
  }
  form.noise = noise;
}

/** None without noise. */
export function readNoise(entries: Entries, form: NoiseForm): NoiseChoice | undefined {
  const { noise: kind } = form;
  if (kind === 'none') return undefined;
  const noiseMultiplier = entries.number('noiseMultiplier', form.noiseMultiplier, MULTIPLIER.least, MULTIPLIER.most);
  const delta = entries.number('delta', form.delta, DELTA.least, DELTA.most);
  const common = { noiseMultiplier, delta };
  if (kind === 'user')
    return { kind, ...common, clipNorm: entries.number('updateClip', form.updateClip, CLIP.least, CLIP.most) };
  return {
    kind,
    ...common,
    clipNorm: entries.number('recordClip', form.recordClip, CLIP.least, CLIP.most),
    samplingRate: entries.number('samplingPercent', form.samplingPercent, PERCENT.least, PERCENT.most) / 100,
  };
}
