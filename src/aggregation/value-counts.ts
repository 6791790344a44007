/**
 * Counts of a target that is a number, in places of its public range: labels are in [0, 1], and a prediction outside is taken as the
 * nearer end, which is never further from the label. Vector, all but rows in units of 2^-20:
 * rows ‖ absolute error ‖ squared error ‖ labels ‖ squares of labels.
 *
 * Bound: no row adds more than 1 to any sum, 2^20 rows · 2^20 units · 2^7 sites = 2^47.
 */
import type { Target } from '../protocol/target.ts';
import type { ValueMetrics } from '../protocol/metrics.ts';
import { ROUNDING, consistent } from './consistent.ts';

export const VALUE_COUNT = { rows: 0, absolute: 1, squared: 2, labels: 3, labelSquares: 4 } as const;
export const valueLength = 5;
export const VALUE_UNIT = 2 ** 20;

/** @throws MurmurError void */
export function valueMetrics(
  { minimum, maximum, unit }: Extract<Target, { kind: 'value' }>,
  sum: Float64Array,
): ValueMetrics | undefined {
  const rows = sum[VALUE_COUNT.rows] as number;
  const [absolute, squared, labels, labelSquares] = Array.from(sum.subarray(1), (count) => count / VALUE_UNIT) as [
    number,
    number,
    number,
    number,
  ];
  const slack = ROUNDING / VALUE_UNIT;
  // No powers: everybody must find the same, and only + − · / √ are the same everywhere. Each of them is in [0, 1], so its square is no larger than itself, and a mean square no smaller than the square of the mean.
  const possible = (total: number, squares: number): boolean => {
    const least = Math.max(0, total - slack);
    return total <= rows && squares <= total + 2 * slack && least * least <= rows * (squares + slack);
  };
  consistent(possible(absolute, squared), 'the errors are impossible');
  consistent(possible(labels, labelSquares), 'the labels are impossible');
  if (rows === 0) return undefined;
  const spread = labelSquares - (labels * labels) / rows;
  const range = maximum - minimum;
  return {
    kind: 'value',
    rows,
    rmse: range * Math.sqrt(squared / rows),
    mae: (range * absolute) / rows,
    // Rounding alone can show a spread: of the sum by half a unit a site, twice over, and of the squares by as much once.
    r2: spread > 3 * slack ? 1 - squared / spread : undefined,
    unit,
  };
}
