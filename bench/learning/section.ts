/** A part of the measurement `learning`: a module of this folder that exports it as `figures`. */
import type { BenchContext, Figure } from '../figure.ts';

export type SectionContext = Pick<BenchContext, 'full' | 'args' | 'progress'>;
export type Section = (context: SectionContext) => Promise<Figure[]>;
