/** What a site keeps from round to round where the task's algorithm or its private layers need it (site-memory.ts), as a round uses it. */
import { fromHex } from '../../core/bytes.ts';
import type { Checkpoint } from '../../model/checkpoint.ts';
import { personal } from '../../model/parts.ts';
import type { Verdict } from '../../protocol/phases.ts';
import type { LiveRound } from '../live-round.ts';
import { askWhetherCounted, type Recalled, type Remembered, remembers, SiteMemory } from '../site-memory.ts';

/** What earlier rounds left to this one, where the task's algorithm needs it. */
export async function recall(round: LiveRound): Promise<Recalled> {
  const { spec, chain, task } = round.me;
  if (!remembers(spec)) return {};
  const { step, baseModel } = round.view;
  const counted = askWhetherCounted(chain, task, round.signal);
  return memoryOf(round).recall({ round: round.number, step, baseModel: fromHex(baseModel, 32) }, (sent) =>
    round.patiently(() => counted(sent)),
  );
}

/** To be called before the masked vector is journalled. */
export async function remember(round: LiveRound, what: Remembered | undefined): Promise<void> {
  const { spec, registrationId } = round.me;
  if (what === undefined || !remembers(spec)) return;
  const { step, baseModel } = round.view;
  const sent = { round: round.number, registrationId, step, baseModel: fromHex(baseModel, 32) };
  await memoryOf(round).remember(sent, what);
}

/** What this site thinks of a candidate: its own model before the round beside its own model after it. */
export async function judge(round: LiveRound, base: Checkpoint, candidate: Checkpoint): Promise<Verdict> {
  const { spec, learner } = round.me;
  if (spec.model.private === undefined) return learner.verdict(base, candidate);
  const { now, next } = await memoryOf(round).privateWeights(round.number);
  return learner.verdict(personal(spec, base, now), personal(spec, candidate, next));
}

function memoryOf({ me }: LiveRound): SiteMemory {
  return new SiteMemory(me.journal, me.task);
}
