/** Texts of a table's cells, as the spec's categories and every reader compare them. */

/** How two cells are compared: as numbers when both are written as numbers (63.0 is 63), else as text. */
export function canonicalCell(cell: string): string {
  const trimmed = cell.trim();
  return isNumberText(trimmed) ? String(Number(trimmed) + 0) : trimmed;
}

/** Whether a text is a plain decimal number (no hexadecimal, no infinity, not empty). */
export function isNumberText(trimmed: string): boolean {
  return (
    trimmed.length <= 64 && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed) && Number.isFinite(Number(trimmed))
  );
}
