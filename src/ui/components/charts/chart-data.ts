/** What charts share: kinds of lines, paths, and a table as a file. Pure, so that it is tested without a page. */

/** A line's role. Together is accent, alone is soft: the same on every chart, and never told apart by colour alone. */
export type SeriesKind = 'accent' | 'mask' | 'soft' | 'warn';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An SVG path through points, in a box of the given size; x and y run over their ranges, y upwards. */
export function linePath(
  points: readonly Point[],
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  range: { readonly x: readonly [number, number]; readonly y: readonly [number, number] },
): string {
  const scale = (value: number, [low, high]: readonly [number, number]) =>
    high === low ? 0.5 : (value - low) / (high - low);
  return points
    .map(({ x, y }, i) => {
      const left = box.left + box.width * scale(x, range.x);
      const top = box.top + box.height * (1 - scale(y, range.y));
      return `${i === 0 ? 'M' : 'L'}${left.toFixed(1)} ${top.toFixed(1)}`;
    })
    .join('');
}

/** RFC 4180, with a header line. A cell that a spreadsheet would take for a formula is quoted as text. */
export function tableCsv(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
