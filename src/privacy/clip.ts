/** Clipping to a Euclidean norm (Abadi et al. 2016, "Deep Learning with Differential Privacy", arXiv 1607.00133): what bounds one's influence. */

export interface Clipped {
  readonly clipped: boolean;
  /** norm before */
  readonly norm: number;
}

/** Scales a vector in place to norm at most `largest`. A norm that is not finite comes back as it is, nothing being changed. */
export function clipToNorm(values: Float64Array, largest: number): Clipped {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] as number) * (values[i] as number);
  const norm = Math.sqrt(squares);
  const clipped = Number.isFinite(norm) && norm > largest;
  if (clipped) {
    const factor = largest / norm;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
  }
  return { clipped, norm };
}
