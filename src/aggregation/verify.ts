/**
 * Replays a task from its first round: every settled round's sum is folded again and must give the model hash that the chain
 * holds; on request every sum is also unmasked again from the vectors themselves. Needs nothing but the chain and the blobs.
 */
import type { Bytes, Hex } from '../core/bytes.ts';
import { popcount } from '../core/bitmap.ts';
import { hasCode, MurmurError } from '../core/errors.ts';
import { Mailbox } from '../protocol/mailbox.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import { Phase, stepKind, type StepKind } from '../protocol/phases.ts';
import type { ChainReader } from '../protocol/ports.ts';
import type { StartSpec } from '../protocol/model-spec.ts';
import { parseTaskSpec, type TaskSpec } from '../protocol/task-spec.ts';
import { type TaskView, ZERO_HASH } from '../protocol/views.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { readStart } from '../model/start.ts';
import { type EvidenceSource, gatherEvidence } from './evidence.ts';
import { roundLayout } from './layouts.ts';
import { foldSum, recomputeRound } from './recompute.ts';

export interface VerifiedRound {
  readonly round: number;
  readonly step: number;
  readonly kind: StepKind;
  readonly outcome: 'accepted' | 'rejected' | 'void';
  readonly survivors: number;
  readonly sumRoot: Hex;
  readonly chainModelHash: Hex;
  readonly recomputedModelHash: Hex;
  readonly matches: boolean;
  readonly metrics: RoundMetrics | undefined;
}

export interface Verification {
  readonly matches: boolean;
  readonly chainModelHash: Hex;
  readonly recomputedModelHash: Hex;
  readonly rounds: readonly VerifiedRound[];
  readonly checkpoint: Checkpoint | undefined;
}

/** The spec of a task: the blob that its specHash names. */
export async function fetchSpec(source: EvidenceSource, task: TaskView, signal?: AbortSignal): Promise<TaskSpec> {
  return parseTaskSpec(await source.blobs.get(task.specHash, signal));
}

/**
 * The weights that a task begins with, from the file that its spec names; undefined where it begins with random ones. Needed by whoever
 * folds the statistics step.
 * @throws MurmurError not-found when nobody has the file any more; bad-hash, bad-input as readStart
 */
export async function fetchStart(
  { blobs }: Pick<EvidenceSource, 'blobs'>,
  spec: TaskSpec,
  signal?: AbortSignal,
): Promise<Float32Array | undefined> {
  const { start } = spec.model;
  if (start === undefined) return undefined;
  return readStart(spec, start, await fetchStartFile({ blobs }, start, signal));
}

/** The file itself, as long as the spec says. @throws as {@link fetchStart} */
export async function fetchStartFile(
  { blobs }: Pick<EvidenceSource, 'blobs'>,
  { sha256 }: StartSpec,
  signal?: AbortSignal,
): Promise<Bytes> {
  try {
    return await blobs.get(sha256 as Hex, signal);
  } catch (cause) {
    if (!hasCode(cause, 'not-found')) throw cause;
    throw new MurmurError('not-found', 'the relay does not have the weights that this task starts from', {
      hint: 'Whoever created the task has to send the file once more. Try again later.',
      details: { missing: 'start', sha256 },
      cause,
    });
  }
}

/**
 * @param fromVectors also take the masks off again (needs every masked vector); otherwise sums are taken from their hash on chain
 * @param untilRound last round to look at; all by default
 */
export async function verifyTask(args: {
  chain: ChainReader;
  source: EvidenceSource;
  task: bigint;
  fromVectors: boolean;
  untilRound?: number;
  onRound?: (round: VerifiedRound) => void;
  signal?: AbortSignal | undefined;
}): Promise<Verification> {
  const { chain, source, signal } = args;
  const task = await chain.task(args.task, signal);
  const spec = await fetchSpec(source, task, signal);
  const mailbox = new Mailbox(source, args.task);
  const rounds: VerifiedRound[] = [];
  let model: Hex = ZERO_HASH;
  let checkpoint: Checkpoint | undefined;
  let start: Float32Array | undefined;

  for (let number = 1; number <= Math.min(task.round, args.untilRound ?? task.round); number++) {
    const view = await chain.round(args.task, number, signal);
    if (view.phase !== Phase.Settled && view.phase !== Phase.Void) break;
    const kind = stepKind(view.step, task.parameters.trainingRounds);
    const common = { round: number, step: view.step, kind, survivors: popcount(view.u3), sumRoot: view.sumRoot };
    if (view.phase === Phase.Void) {
      rounds.push({
        ...common,
        outcome: 'void',
        chainModelHash: model,
        recomputedModelHash: model,
        matches: true,
        metrics: undefined,
      });
      continue;
    }
    if (view.baseModel !== model)
      throw new MurmurError('bad-hash', `round ${number} began with a model that is not its predecessor's`);
    if (checkpoint === undefined) start ??= await fetchStart(source, spec, signal);
    const recomputed = args.fromVectors
      ? await recomputeRound({
          spec,
          evidence: await gatherEvidence({
            chain,
            source,
            mailbox,
            task,
            view,
            layout: roundLayout(spec, view.step),
            signal,
          }),
          base: checkpoint,
          start,
          signal,
        })
      : await foldSum(spec, view, checkpoint, await source.blobs.get(view.sumRoot, signal), popcount(view.u3), start);
    const matches = recomputed.sumRoot === view.sumRoot && recomputed.modelHash === view.modelHash;
    if (view.accepted) {
      model = recomputed.modelHash;
      checkpoint = recomputed.checkpoint;
    }
    const verified: VerifiedRound = {
      ...common,
      outcome: view.accepted ? 'accepted' : 'rejected',
      chainModelHash: view.modelHash,
      recomputedModelHash: recomputed.modelHash,
      matches,
      metrics: recomputed.metrics,
    };
    rounds.push(verified);
    args.onRound?.(verified);
    if (!matches) break;
  }
  const complete = args.untilRound === undefined;
  return {
    matches: rounds.every((round) => round.matches) && (!complete || model === task.modelHash),
    chainModelHash: task.modelHash,
    recomputedModelHash: model,
    rounds,
    checkpoint,
  };
}
