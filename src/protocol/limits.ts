/** Bounds of a task's spec that others need too. Apart from the schemas, so that the page can do without their library. */

/** Largest spec text, in bytes. */
export const MAX_SPEC_BYTES = 262_144;
/** Most rows of one participant: with it every 48-bit sum over 128 members stays below 2^47. */
export const MAX_ROWS = 2 ** 20 - 1;
/** Widest encoded feature vector, after one-hot coding. */
export const MAX_FEATURES = 4096;
/** Fewest and most members of one round (docs/protocol.md, section 1). */
export const MIN_COHORT = 3;
export const MAX_COHORT = 128;
/** Most training rounds of a task. */
export const MAX_TRAINING_ROUNDS = 10_000;
/** Most classes of a label. */
export const MAX_CLASSES = 256;
