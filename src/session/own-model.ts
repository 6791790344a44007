/**
 * The model that a site has of a task: the common one, with what the site has learnt in its private layers. Read from the journal, so it can
 * be had at any time, also after the task.
 */
import type { Bytes } from '../core/bytes.ts';
import { readCheckpoint, writeOwnModel } from '../model/checkpoint.ts';
import { personal } from '../model/parts.ts';
import type { Journal } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { modelKey } from './journal.ts';
import { SiteMemory } from './site-memory.ts';

/**
 * A safetensors file with the site's own model as of the last round that it knows the end of.
 * @returns undefined before the first model
 */
export async function readOwnModel(journal: Journal, spec: TaskSpec, task: bigint): Promise<Bytes | undefined> {
  const bytes = await journal.get(modelKey(task));
  if (bytes === undefined) return undefined;
  const common = await readCheckpoint(spec, bytes);
  if (spec.model.private === undefined) return bytes;
  const { now } = await new SiteMemory(journal, task).privateWeights(0);
  return writeOwnModel(spec, personal(spec, common, now));
}
