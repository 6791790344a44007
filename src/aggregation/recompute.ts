/**
 * From a round's evidence to its sum and its candidate model: the one path that the aggregator, every participant's check and
 * `murmur verify` walk, so that they agree byte for byte or name each other's mistake (docs/protocol.md, sections 9 and 10).
 */
import { type Bytes, fromHex, type Hex, toHex } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { popcount } from '../core/bitmap.ts';
import { sha256 } from '../core/hash.ts';
import { unmaskSum } from '../masking/unmask.ts';
import { unpackVector } from '../masking/encode.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../model/checkpoint.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { RoundView } from '../protocol/views.ts';
import type { Evidence } from './evidence.ts';
import { fold } from './fold.ts';
import { roundLayout } from './layouts.ts';

export interface Recomputed {
  readonly packedSum: Bytes;
  readonly sumRoot: Hex;
  readonly checkpoint: Checkpoint;
  readonly checkpointBytes: Bytes;
  readonly modelHash: Hex;
  /** pooled metrics of the model that the round began with, where the step evaluates */
  readonly metrics: RoundMetrics | undefined;
}

/** Runs stream jobs, possibly on several threads; see masking/unmask.ts. */
type RunJobs = Parameters<typeof unmaskSum>[0]['runJobs'];

/**
 * The candidate of a round whose sum is known.
 * @param base checkpoint that the round began with; undefined in the statistics step
 * @param start weights of the task's file, where the statistics step begins with one
 * @throws MurmurError void when the sum fails its checks
 */
export async function foldSum(
  spec: TaskSpec,
  view: RoundView,
  base: Checkpoint | undefined,
  packedSum: Bytes,
  members: number,
  start?: Float32Array,
): Promise<Recomputed> {
  const sums = unpackVector(roundLayout(spec, view.step), packedSum);
  const { checkpoint, metrics } = await fold({
    spec,
    step: view.step,
    base,
    sums,
    beacon: fromHex(view.beacon, 32),
    members,
    start,
  });
  const checkpointBytes = await writeCheckpoint(spec, checkpoint);
  return {
    packedSum,
    sumRoot: toHex(await sha256(packedSum)),
    checkpoint,
    checkpointBytes,
    modelHash: toHex(await sha256(checkpointBytes)),
    metrics,
  };
}

/** Takes the masks off and folds. */
export async function recomputeRound(args: {
  spec: TaskSpec;
  evidence: Evidence;
  base: Checkpoint | undefined;
  /** as in {@link foldSum} */
  start?: Float32Array | undefined;
  runJobs?: RunJobs;
  signal?: AbortSignal | undefined;
}): Promise<Recomputed> {
  const { spec, evidence, base, signal } = args;
  const { view } = evidence;
  const { packedSum } = await unmaskSum({
    layout: evidence.layout,
    context: evidence.context,
    maskContext: evidence.maskContext,
    u2: view.u2,
    u3: view.u3,
    threshold: view.threshold,
    maskPublicKeys: evidence.members.map((member) => member.maskPublicKey),
    selfMaskCommitments: evidence.members.map((member) => member.selfMaskCommitment),
    bundles: evidence.bundles,
    inputs: evidence.inputs,
    answers: evidence.answers,
    ...(args.runJobs && { runJobs: args.runJobs }),
    ...(signal && { signal }),
  });
  return foldSum(spec, view, base, packedSum, popcount(view.u3), args.start);
}

/** A checkpoint whose bytes hash to what the chain says. */
export async function checkpointOf(spec: TaskSpec, bytes: Bytes, modelHash: Hex): Promise<Checkpoint> {
  check(toHex(await sha256(bytes)) === modelHash, 'the model does not have the hash that the chain holds');
  return readCheckpoint(spec, bytes);
}
