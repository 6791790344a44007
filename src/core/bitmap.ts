/** Sets of roster indices as one integer: bit i (value 2^i) is index i, as the contract keeps them. */
export type Bitmap = bigint;

export function has(map: Bitmap, index: number): boolean {
  return ((map >> BigInt(index)) & 1n) === 1n;
}

export function withIndex(map: Bitmap, index: number): Bitmap {
  return map | (1n << BigInt(index));
}

export function without(map: Bitmap, index: number): Bitmap {
  return has(map, index) ? map ^ (1n << BigInt(index)) : map;
}

export function bitmapOf(indices: Iterable<number>): Bitmap {
  let map = 0n;
  for (const index of indices) map = withIndex(map, index);
  return map;
}

/** The bitmap of 0..n-1. */
export function firstOf(n: number): Bitmap {
  return (1n << BigInt(n)) - 1n;
}

/** Indices in ascending order. */
export function members(map: Bitmap): number[] {
  const indices: number[] = [];
  for (let rest = map, index = 0; rest > 0n; rest >>= 1n, index++) if (rest & 1n) indices.push(index);
  return indices;
}

export function popcount(map: Bitmap): number {
  let count = 0;
  for (let rest = map; rest > 0n; rest &= rest - 1n) count++;
  return count;
}
