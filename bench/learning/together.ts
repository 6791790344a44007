/**
 * A task learnt by several sites in one process, by the product's own path: local training (src/session/learner.ts), encoding, sharing,
 * masking and unmasking (src/masking), fold (src/aggregation). Only the chain and the relay are left out.
 */
import { fold } from '../../src/aggregation/fold.ts';
import { type Parts, roundLayout } from '../../src/aggregation/layouts.ts';
import { firstOf } from '../../src/core/bitmap.ts';
import { type Bytes, uintBytes } from '../../src/core/bytes.ts';
import { check } from '../../src/core/errors.ts';
import { type RandomBytes, secureRandom } from '../../src/core/random.ts';
import type { Dataset } from '../../src/dataset/split.ts';
import { roundContext, maskContext as maskContextOf } from '../../src/masking/context.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { commitSelfMask, createRoundSecrets, generateChannelKeys, maskKeys } from '../../src/masking/keys.ts';
import { maskVector } from '../../src/masking/mask.ts';
import { dealShares, openShare } from '../../src/masking/shares.ts';
import { buildAnswer, unmaskSum } from '../../src/masking/unmask.ts';
import { type Checkpoint, modelHash, writeCheckpoint } from '../../src/model/checkpoint.ts';
import type { Layout } from '../../src/protocol/layout.ts';
import type { TrainerPort } from '../../src/protocol/ports.ts';
import { type TaskSpec, taskSpecHash } from '../../src/protocol/task-spec.ts';
import { shareThreshold } from '../../src/protocol/threshold.ts';
import { Learner } from '../../src/session/learner.ts';
import { type Grouping, foldInGroups } from './grouped.ts';

const CORRUPT_BPS = 2500;

export interface TogetherOptions {
  readonly spec: TaskSpec;
  readonly sites: readonly Dataset[];
  readonly trainer: TrainerPort;
  /** 32 bytes: fixes the initial weights and every site's seeds */
  readonly beacon: Bytes;
  /** The task's starting weights, where it begins with a file of them. */
  readonly start?: Float32Array | undefined;
  /** Of all sites, those that take part in a step; default all. */
  readonly cohort?: ((step: number) => readonly number[]) | undefined;
  /** Adds up in the clear: what the masked sum is compared with. */
  readonly plain?: boolean | undefined;
  /** Sums in groups, folded by a rule; default one sum of all. */
  readonly groups?: Grouping | undefined;
  /** What a dishonest site sends in place of its own parts of a step. */
  readonly corrupt?: ((site: number, step: number, parts: Parts) => Parts) | undefined;
  /** Hears the model after each step; true ends the task early. */
  readonly onStep?: ((step: number, model: Checkpoint) => Promise<boolean | void> | boolean | void) | undefined;
}

/** All steps of a task, each through one masked round in which everybody survives. */
export async function learnTogether(options: TogetherOptions): Promise<Checkpoint> {
  const { spec, sites, trainer, beacon, plain = false, onStep } = options;
  const learners = sites.map((site) => new Learner(spec, site, () => Promise.resolve(trainer)));
  const everybody = sites.map((_, index) => index);
  /** of SCAFFOLD, by site */
  const controls: (Float32Array | undefined)[] = [];
  let base: Checkpoint | undefined;
  for (let step = 0; step <= spec.training.rounds + 1; step++) {
    const baseModel = base === undefined ? new Uint8Array(32) : await modelHash(await writeCheckpoint(spec, base));
    const inputs: Parts[] = [];
    const cohort = options.cohort?.(step) ?? everybody;
    for (const index of cohort) {
      const learner = learners[index] as Learner;
      const site = uintBytes(index, 20);
      const control = controls[index];
      const recalled = control && { control };
      const { parts, remembered } = await learner.contribution({
        step,
        base,
        baseModel,
        site,
        recalled,
        random: secureRandom,
      });
      inputs.push(options.corrupt?.(index, step, parts as Parts) ?? (parts as Parts));
      // Every round settles here and counts everybody.
      controls[index] = remembered?.control ?? control;
    }
    const layout = roundLayout(spec, step);
    const sumOf = (chosen: readonly Parts[]) =>
      plain ? plainSum(layout, chosen) : maskedSum(spec, step, baseModel, chosen, beacon, secureRandom);
    const round = { spec, step, base, beacon, start: options.start };
    if (options.groups === undefined) {
      ({ checkpoint: base } = await fold({ ...round, sums: await sumOf(inputs), members: inputs.length }));
    } else {
      const sites = cohort.map((site, i) => ({
        site,
        parts: inputs[i] as Parts,
        learner: learners[site] as Learner,
      }));
      base = await foldInGroups({ ...round, sites, sumOf }, options.groups);
    }
    if ((await onStep?.(step, base)) === true) break;
  }
  check(base !== undefined, 'a task has steps');
  return base;
}

/** The same fixed-point numbers, added up where everybody can see them. */
function plainSum(layout: Layout, inputs: readonly Parts[]): Float64Array[] {
  const [first, ...rest] = inputs.map((parts) => unpackVector(layout, packVector(layout, parts)));
  check(first !== undefined, 'nobody takes part');
  for (const parts of rest) {
    for (const [segment, values] of parts.entries()) {
      const sum = first[segment] as Float64Array;
      for (let i = 0; i < values.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
    }
  }
  return first;
}

/** One round of docs/protocol.md, sections 5 to 9, in one process: nobody here adds up anything that is not masked. */
async function maskedSum(
  spec: TaskSpec,
  step: number,
  baseModel: Bytes,
  inputs: readonly Parts[],
  beacon: Bytes,
  random: RandomBytes,
): Promise<Float64Array[]> {
  const n = inputs.length;
  const layout = roundLayout(spec, step);
  const context = await roundContext({
    chainId: 31337,
    coordinator: new Uint8Array(20),
    task: 1,
    round: step + 1,
    group: 0,
    step,
    layout,
    baseModel,
    specHash: await taskSpecHash(spec),
    rosterHash: new Uint8Array(32),
    beacon,
  });
  const threshold = shareThreshold(n, CORRUPT_BPS);
  const everybody = firstOf(n);
  const secrets = inputs.map(() => createRoundSecrets(random));
  const channels = await Promise.all(inputs.map(async () => (await generateChannelKeys(random)).pair));
  const channelKeys = channels.map(({ publicKey }) => publicKey);
  const keys = await Promise.all(secrets.map(({ seed }) => maskKeys(seed)));
  const maskPublicKeys = keys.map(({ publicKey }) => publicKey);
  const member = <T>(list: readonly T[], index: number): T => list[index] as T;
  const dealt = await Promise.all(
    inputs.map((_, index) =>
      dealShares({
        context,
        index,
        channel: member(channels, index),
        channelKeys,
        secrets: member(secrets, index),
        threshold,
        random,
      }),
    ),
  );
  const maskContext = await maskContextOf(context, everybody);
  const masked = await Promise.all(
    inputs.map((parts, index) =>
      maskVector({
        layout,
        packed: packVector(layout, parts),
        maskContext,
        u2: everybody,
        index,
        secrets: member(secrets, index),
        maskKeys: member(keys, index),
        maskPublicKeys,
      }),
    ),
  );
  const answers = await Promise.all(
    inputs.map(async (_, index) => {
      const opened = await Promise.all(
        dealt.map(({ bundle, root }, dealer) =>
          openShare({
            context,
            dealer,
            index,
            channel: member(channels, index),
            dealerChannelKey: member(channelKeys, dealer),
            bundle,
            root,
            members: n,
          }),
        ),
      );
      return buildAnswer({ u2: everybody, u3: everybody, held: new Map(opened.entries()) });
    }),
  );
  const { packedSum } = await unmaskSum({
    layout,
    context,
    maskContext,
    u2: everybody,
    u3: everybody,
    threshold,
    maskPublicKeys,
    selfMaskCommitments: await Promise.all(secrets.map(({ selfMask }) => commitSelfMask(selfMask))),
    bundles: new Map(dealt.map(({ bundle }, dealer) => [dealer, bundle])),
    inputs: new Map(masked.entries()),
    answers: new Map(answers.entries()),
  });
  return unpackVector(layout, packedSum);
}
