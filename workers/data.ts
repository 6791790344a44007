/** The stored rows, split as they were when they were read: the split is a function of rows and seed. */
import { type Dataset, type EncodedRows, splitHeldOut } from '../src/dataset/split.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';

export function splitStored(rows: EncodedRows, spec: TaskSpec): Promise<Dataset> {
  return splitHeldOut(rows, spec.heldOut);
}
