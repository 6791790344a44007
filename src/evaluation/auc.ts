/** Exact area under the ROC curve of scores that are at hand. */
import { check } from '../core/errors.ts';
import type { Labels } from './losses.ts';

/**
 * Exact area under the ROC curve (Mann and Whitney's U over n0 · n1, ties half); undefined when a class is absent.
 * Source: Hanley and McNeil, Radiology 143 (1982) 29-36.
 * @param labels 1, or anything else for the other class
 */
export function exactAuc(scores: Float32Array, labels: Labels): number | undefined {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [below, positives, area] = [0, 0, 0];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] as number];
    let [tiedNegatives, tiedPositives] = [0, 0];
    for (; i < order.length && scores[order[i] as number] === score; i++) {
      if (labels[order[i] as number] === 1) tiedPositives++;
      else tiedNegatives++;
    }
    area += tiedPositives * (below + tiedNegatives / 2);
    below += tiedNegatives;
    positives += tiedPositives;
  }
  return below > 0 && positives > 0 ? area / (below * positives) : undefined;
}
