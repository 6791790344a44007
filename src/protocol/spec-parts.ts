/** Bounded building blocks of the task spec's schemas. */
import * as v from 'valibot';

export const text = (maximumLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maximumLength));

/** A text that may be empty. */
export const note = (maximumLength: number) => v.pipe(v.string(), v.maxLength(maximumLength));

export const range = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(minimum), v.maxValue(maximum));

export const whole = (minimum: number, maximum: number) => v.pipe(range(minimum, maximum), v.integer());

/** Largest absolute value of a number in a spec. */
export const LARGEST = 1e12;
