/** A count with its noun. */
import { formatCount } from '../format.ts';

/** 1 row, 1,204 rows. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
