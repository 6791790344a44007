/** The classes of a creator's sample, as they are found and listed, whatever kind the examples are. */
import { cellNumber } from './cells.ts';

/** How files write a class, and how many examples have it. */
export interface FoundClass {
  readonly mark: string;
  readonly count: number;
}

/** Where the class of a picture stands: the name of its folder, a second array, or a cell of its line. */
export type LabelPlace = 'folder' | 'array' | 'first-cell' | 'last-cell';

/** Numbers first and in order, then words by the alphabet. */
export function inOrder(counts: ReadonlyMap<string, number>): readonly FoundClass[] {
  const number = ({ mark }: FoundClass) => (Number.isNaN(cellNumber(mark, '.')) ? Infinity : Number(mark));
  return [...counts]
    .map(([mark, count]): FoundClass => ({ mark, count }))
    .sort((a, b) => {
      const [left, right] = [number(a), number(b)];
      if (left !== right) return left - right;
      return a.mark < b.mark ? -1 : 1;
    });
}
