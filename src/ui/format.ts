/** Numbers as a person reads them. */
import type { Measure, MeasureId } from '../protocol/metrics.ts';

/** 1.3 MB; decimal units, as file managers show them. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** What stands for a figure that cannot be had. */
const NONE = '–';

/** 79.4 % with a narrow no-break space. */
export function formatPercent(share: number | undefined): string {
  return share === undefined ? NONE : `${(100 * share).toFixed(1)}\u202f%`;
}

/** Three decimals, the usual form of an AUC or a loss. */
export function formatScore(score: number | undefined): string {
  return score === undefined ? NONE : score.toFixed(3);
}

/** 12.3, 0.0451, 1,204: three digits that count, or all before the point. */
export function formatValue(value: number | undefined): string {
  if (value === undefined) return NONE;
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}

const SHARES: ReadonlySet<MeasureId> = new Set(['accuracy', 'balancedAccuracy']);
const VALUES: ReadonlySet<MeasureId> = new Set(['rmse', 'mae']);

/** A figure of a model in its usual form: 79.4 %, 0.912, 12.3 µg/m³. */
export function formatMeasure({ id, value, unit }: Pick<Measure, 'id' | 'value' | 'unit'>): string {
  if (SHARES.has(id)) return formatPercent(value);
  if (!VALUES.has(id)) return formatScore(value);
  return unit === undefined || value === undefined ? formatValue(value) : `${formatValue(value)} ${unit}`;
}

/** 0:14 until a moment; never negative. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** 850 ms, 4.2 s, 3 min 5 s. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 12,345 */
export function formatCount(count: number): string {
  return count.toLocaleString('en-GB');
}

/** 0x9f2c…71b0 */
export function shortHash(hash: string): string {
  return hash.length <= 13 ? hash : `${hash.slice(0, 6)}…${hash.slice(-4)}`;
}

/** Whether a fingerprint names something: the chain keeps zeros where there is nothing yet. */
export function isFingerprint(hash: string | undefined): hash is string {
  return hash !== undefined && hash !== '' && !/^0x0+$/.test(hash);
}
