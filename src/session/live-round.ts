/**
 * The steps of a round, and what they share: the latest view of the round, the journal, the patience with relay and chain. The order
 * of the steps is src/session/round.ts. Every wait polls the chain and ends with the round, at the latest when it should long be over.
 */
import {
  type EvidenceSource,
  fetchBundle,
  fetchMasked,
  gatherEvidence,
  type JoinedMember,
  openJoins,
} from '../aggregation/evidence.ts';
import { roundLayout } from '../aggregation/layouts.ts';
import { type Recomputed, recomputeRound } from '../aggregation/recompute.ts';
import { has, members as indicesOf, popcount } from '../core/bitmap.ts';
import { type Bytes, bytesToBigInt, concatBytes, fromHex, toHex, utf8 } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, hasCode, MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { RandomBytes } from '../core/random.ts';
import {
  commitSelfMask,
  createRoundSecrets,
  joinDigest,
  type RoundSecrets,
  type X25519KeyPair,
} from '../masking/keys.ts';
import { type HeldShare, openShare } from '../masking/shares.ts';
import { buildAnswer } from '../masking/unmask.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { personal } from '../model/parts.ts';
import { Mailbox } from '../protocol/mailbox.ts';
import { messageFor, type MessageOf } from '../protocol/messages.ts';
import { spokenIn } from '../protocol/phase-sets.ts';
import { isOver, Phase, type RecordPhase, stepKind, type Verdict } from '../protocol/phases.ts';
import type { ChainPort, Journal, RelayPort } from '../protocol/ports.ts';
import { type RecordSigner, unpackRecord } from '../protocol/record.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { RoundView, TaskView } from '../protocol/views.ts';
import { RoundJournal } from './journal.ts';
import type { DataBudget } from './data-budget.ts';
import type { Learner } from './learner.ts';
import { checkNoise, checkRelease, readReleases, spendRelease } from './releases.ts';
import { askWhetherCounted, type Recalled, type Remembered, remembers, SiteMemory } from './site-memory.ts';
import type { StartFile } from './start-file.ts';
import type { TrainingProgress } from './status.ts';

/** What a participant brings into every round of a task. */
export interface Participant {
  readonly task: bigint;
  readonly registrationId: number;
  /** the site's wallet, 0x-hex */
  readonly wallet: string;
  readonly spec: TaskSpec;
  readonly chain: ChainPort;
  readonly relay: RelayPort;
  readonly journal: Journal;
  /** of the data set; absent for example data that are nobody's */
  readonly budget?: DataBudget | undefined;
  readonly signer: RecordSigner;
  readonly channel: X25519KeyPair;
  readonly learner: Learner;
  readonly start: StartFile;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** how often the chain is asked */
  readonly pollMs: number;
  /** how long a record may wait for the relay before its author posts it itself */
  readonly directPostAfterMs: number;
  /** @param index place in the roster, -1 when it has none, undefined before it is known */
  readonly onView: (view: RoundView, index: number | undefined) => void;
  readonly onTraining: (progress: TrainingProgress) => void;
}

/** Thrown inside a round to leave it when it ended early; takePart catches it. */
export class RoundOver extends Error {
  readonly view: RoundView;
  constructor(view: RoundView) {
    super('the round is over');
    this.view = view;
  }
}

/** One live round, as one participant meets it. */
export class LiveRound {
  readonly journal: RoundJournal;
  /** The sum was taken apart and failed its checks: whatever candidate is posted is wrong. */
  sumIsInvalid = false;
  readonly #me: Participant;
  readonly #task: TaskView;
  readonly #round: number;
  readonly #signal: AbortSignal;
  readonly #source: EvidenceSource;
  readonly #memory: SiteMemory;
  #view: RoundView;
  #index: number | undefined;
  #waitedMs = 0;

  constructor(me: Participant, task: TaskView, opened: RoundView, signal: AbortSignal) {
    this.journal = new RoundJournal(me.journal, me.task, opened.round);
    this.#me = me;
    this.#task = task;
    this.#round = opened.round;
    this.#signal = signal;
    this.#source = me.relay;
    this.#memory = new SiteMemory(me.journal, me.task);
    this.#view = opened;
  }

  /**
   * A journal that is missing or older than the chain sits the round out: whoever forgot what it said could say it differently.
   */
  async refuseIfForgotten(): Promise<void> {
    const { chain, registrationId } = this.#me;
    const roster = await this.#patiently(() => chain.roster(this.#me.task, this.#round, this.#signal));
    const index = roster.findIndex((member) => member.registrationId === registrationId);
    if (index < 0) return;
    const spoken: [RecordPhase, bigint][] = [
      [Phase.Join, 1n << BigInt(index)],
      [Phase.Share, this.#view.dealt],
      [Phase.Ack, this.#view.acked],
      [Phase.Mask, this.#view.masked],
      [Phase.Have, this.#view.attested],
      [Phase.Unmask, this.#view.answered],
      [Phase.Vote, this.#view.voted],
    ];
    for (const [phase, bitmap] of spoken) {
      if (has(bitmap, index) && (await this.journal.get(`record/${phase}`)) === undefined) {
        throw new MurmurError(
          'refused',
          'this tab does not remember what it said in this round, so it sits the round out',
          {
            hint: 'The browser profile may have been restored from a backup. The next round can be joined as usual.',
          },
        );
      }
    }
  }

  /** What earlier rounds left to this one, where the task's algorithm needs it. */
  async recall(): Promise<Recalled> {
    const { spec, chain, task } = this.#me;
    if (!remembers(spec)) return {};
    const { step, baseModel } = this.#view;
    const counted = askWhetherCounted(chain, task, this.#signal);
    return this.#memory.recall({ round: this.#round, step, baseModel: fromHex(baseModel, 32) }, (sent) =>
      this.#patiently(() => counted(sent)),
    );
  }

  /** To be called before the masked vector is journalled. */
  async remember(what: Remembered | undefined): Promise<void> {
    const { spec, registrationId } = this.#me;
    if (what === undefined || !remembers(spec)) return;
    const { step, baseModel } = this.#view;
    const sent = { round: this.#round, registrationId, step, baseModel: fromHex(baseModel, 32) };
    await this.#memory.remember(sent, what);
  }

  /** What this site thinks of a candidate: its own model before the round beside its own model after it. */
  async verdict(base: Checkpoint, candidate: Checkpoint): Promise<Verdict> {
    const { spec, learner } = this.#me;
    if (spec.model.private === undefined) return learner.verdict(base, candidate);
    const { now, next } = await this.#memory.privateWeights(this.#round);
    return learner.verdict(personal(spec, base, now), personal(spec, candidate, next));
  }

  /** To be called before the join: whoever cannot afford the round is not missed in it. @throws MurmurError refused */
  async checkBudget(): Promise<void> {
    await this.#me.budget?.checkRound(this.#view);
  }

  /**
   * To be called before the masked vector is journalled: from when it has left, the others can uncover a sum that holds it.
   * @throws MurmurError refused
   */
  async holdBudget(): Promise<void> {
    await this.#me.budget?.hold(this.#view);
  }

  async secrets(): Promise<RoundSecrets> {
    const bytes = await this.journal.once('secrets', () => {
      const { seed, selfMask } = createRoundSecrets(this.#me.random);
      return concatBytes(seed, selfMask);
    });
    return { seed: bytes.slice(0, 31), selfMask: bytes.slice(31) };
  }

  async join(mask: X25519KeyPair, secrets: RoundSecrets): Promise<void> {
    const { registrationId, signer, channel } = this.#me;
    const selfMaskCommitment = await commitSelfMask(secrets.selfMask);
    const keys = { maskPublicKey: mask.publicKey, selfMaskCommitment, channelKey: channel.publicKey };
    await this.speakInPhase(Phase.Join, registrationId, async () => ({
      digest: await joinDigest({ ...keys, sessionKey: fromHex(signer.address, 20) }),
      body: { maskPublicKey: toHex(mask.publicKey), selfMaskCommitment: toHex(selfMaskCommitment) },
    }));
  }

  /** This participant's place in the final roster, -1 when it has none. */
  async findIndex(): Promise<number> {
    const roster = await this.#patiently(() => this.#me.chain.roster(this.#me.task, this.#round, this.#signal));
    const index = roster.findIndex((member) => member.registrationId === this.#me.registrationId);
    this.#index = index;
    return index;
  }

  /** The same once the round is over; whoever slept through it learns only now that it was in it. -1 too when nobody tells. */
  async finalIndex(): Promise<number> {
    try {
      return this.#index ?? (await this.findIndex());
    } catch (error) {
      if (!(error instanceof RoundOver)) throw error;
      return -1;
    }
  }

  /** All members' opened joins; asked for until they are there or the phase that needs them is over. */
  async joins(): Promise<readonly JoinedMember[]> {
    const { chain, mailbox } = this.#me;
    let joined: readonly JoinedMember[] | undefined;
    await this.collect(
      async () => {
        joined = await openJoins({ chain, mailbox, view: this.#view, signal: this.#signal });
      },
      () => joined !== undefined,
    );
    if (!joined) throw new RoundOver(await this.reachEnd());
    return joined;
  }

  /** Fetches and opens the shares that dealers sent to this participant; bad or missing ones are left out, without penalty. */
  async fetchShares(
    view: RoundView,
    context: Bytes,
    index: number,
    joined: readonly JoinedMember[],
    bundles: Map<number, Bytes>,
    held: Map<number, HeldShare>,
  ): Promise<void> {
    const { chain, mailbox, channel } = this.#me;
    const roots = await chain.digests(this.#me.task, this.#round, Phase.Share, this.#signal);
    await mailbox.refresh(this.#signal);
    const messages = mailbox.accepted(this.#round, Phase.Share, roots);
    await Promise.all(
      [...roots].map(async ([dealer, root]) => {
        if (held.has(dealer)) return;
        const candidates = messages.get(dealer) ?? [];
        const bundle = await fetchBundle(this.#source, {
          context,
          dealer,
          n: view.n,
          root,
          candidates,
          signal: this.#signal,
        });
        if (bundle === undefined) return;
        bundles.set(dealer, bundle);
        const { channelKey: dealerChannelKey, maskPublicKey: dealerMaskKey } = joined[dealer] as JoinedMember;
        try {
          held.set(
            dealer,
            await openShare({
              context,
              dealer,
              index,
              channel,
              dealerChannelKey,
              dealerMaskKey,
              bundle,
              root,
              members: view.n,
            }),
          );
        } catch (error) {
          if (!hasCode(error, 'bad-share', 'bad-hash', 'bad-input')) throw error;
        }
      }),
    );
  }

  /** Fetches the masked vectors of members that posted a root. */
  async fetchInputs(
    view: RoundView,
    layout: Parameters<typeof fetchMasked>[1]['layout'],
    inputs: Map<number, Bytes>,
  ): Promise<void> {
    const { chain, mailbox } = this.#me;
    const digests = await chain.digests(this.#me.task, this.#round, Phase.Mask, this.#signal);
    await mailbox.refresh(this.#signal);
    const messages = mailbox.accepted(this.#round, Phase.Mask, digests);
    await Promise.all(
      indicesOf(view.masked).map(async (member) => {
        const digest = digests.get(member);
        if (inputs.has(member) || digest === undefined) return;
        const input = await fetchMasked(this.#source, {
          layout,
          digest,
          candidates: messages.get(member) ?? [],
          signal: this.#signal,
        });
        if (input !== undefined) inputs.set(member, input);
      }),
    );
  }

  /**
   * Answers once: only for survivors that two endpoints agree on, only if enough survive, only if no earlier release forbids it;
   * and never both kinds of share of one member, because the journalled answer is the only one there will ever be.
   */
  async unmask(
    view: RoundView,
    index: number,
    joined: readonly JoinedMember[],
    held: ReadonlyMap<number, HeldShare>,
  ): Promise<void> {
    const me = this.#me;
    const { u2, u3, blockHash } = await this.#patiently(() => me.chain.survivors(me.task, this.#round, this.#signal));
    const needed = Math.max(view.threshold, view.corrupt + 2, this.#task.parameters.survivorFloor);
    if (u2 !== view.u2 || u3 !== view.u3 || !has(u3, index) || popcount(u3) < needed) {
      throw new MurmurError('refused', 'the chain shows two different sets of survivors, so nothing is unmasked', {
        hint: 'One of the chain endpoints lies or lags. Check the endpoints before the next round.',
      });
    }
    checkNoise(me.spec, popcount(u3) - view.corrupt);
    const release = {
      round: this.#round,
      kind: stepKind(view.step, me.spec.training.rounds),
      model: view.baseModel,
      survivors: indicesOf(u3)
        .map((survivor) => (joined[survivor] as JoinedMember).wallet.toLowerCase())
        .sort(),
    };
    checkRelease(me.spec, await readReleases(me.journal, me.task), release);
    const answer = await this.journal.once('answer', async () => {
      await this.journal.once('unmask-block', () => utf8(blockHash));
      await me.budget?.spend(view);
      await spendRelease(me.journal, me.task, release);
      return buildAnswer({ u2, u3, held });
    });
    const answered = { u2: bytesToBigInt(answer.subarray(0, 32)), u3: bytesToBigInt(answer.subarray(32, 64)) };
    if (answered.u2 !== u2 || answered.u3 !== u3) {
      throw new MurmurError('refused', 'this round was answered before for other survivors; there is no second answer');
    }
    await this.speakInPhase(
      Phase.Unmask,
      index,
      async () => ({ digest: await sha256(answer), body: { answer: toHex(answer) } }),
      [answer],
    );
  }

  /** Puts back what the relay lost: members re-serve what they attested to have, and the sum and model they agreed to. */
  async serveAgain(blobs: readonly Bytes[]): Promise<void> {
    for (const bytes of blobs) {
      await this.#tolerating(async () => {
        const { blobs: store } = this.#me.relay;
        if (!(await store.has(toHex(await sha256(bytes)), this.#signal))) await store.put(bytes, this.#signal);
      });
    }
  }

  /** The candidate as this participant computes it; undefined when what it needs cannot be had in time. */
  async recompute(
    view: RoundView,
    base: Checkpoint | undefined,
    layout: ReturnType<typeof roundLayout>,
    bundles: ReadonlyMap<number, Bytes>,
    inputs: ReadonlyMap<number, Bytes>,
  ): Promise<Recomputed | undefined> {
    const { chain, mailbox, spec } = this.#me;
    let recomputed: Recomputed | undefined;
    await this.collect(
      async () => {
        const known = { bundles, inputs };
        const start = base === undefined ? await this.#me.start.weights(this.#signal) : undefined;
        const evidence = await gatherEvidence({
          chain,
          source: this.#source,
          mailbox,
          task: this.#task,
          view,
          layout,
          known,
          signal: this.#signal,
        });
        try {
          recomputed = await recomputeRound({ spec, evidence, base, start, signal: this.#signal });
        } catch (error) {
          if (!hasCode(error, 'void')) throw error;
          this.sumIsInvalid = true;
        }
      },
      () => recomputed !== undefined || this.sumIsInvalid,
    );
    return recomputed;
  }

  /**
   * Waits for the candidate. A relay that sits on the answers gains nothing: from half of the phase on members post the sum
   * themselves, one after the other in roster order.
   */
  async candidate(view: RoundView, index: number, mine: Recomputed | undefined): Promise<RoundView> {
    const me = this.#me;
    const phaseMs = this.#task.parameters.phaseSeconds * 1000;
    const startsAtMs = view.phaseEndsAt * 1000 - phaseMs;
    const myTurnMs = startsAtMs + phaseMs * (0.5 + (0.4 * Math.max(0, index)) / view.n);
    let tried = false;
    while (this.#view.phase === Phase.Sum) {
      if (mine && !tried && me.clock.now() >= myTurnMs) {
        tried = true;
        await this.#tolerating(async () => {
          await me.relay.blobs.put(mine.packedSum, this.#signal);
          await me.relay.blobs.put(mine.checkpointBytes, this.#signal);
        });
        await this.#tolerating(
          () => me.chain.postSum(me.task, this.#round, mine.sumRoot, mine.modelHash, this.#signal),
          'refused',
        );
      }
      await this.#poll();
    }
    return this.#view;
  }

  /**
   * Says one record in its phase: journals it, hands the relay the bytes it commits to and then the message, and waits until it is
   * on chain. What was journalled before is said again unchanged. A record that came too late is no error: the round goes on.
   * @param make digest, opening and, where the record commits to bytes, the bytes
   * @param answers unmask answers that go into calldata with the record
   */
  async speakInPhase<P extends RecordPhase>(
    phase: P,
    index: number,
    make: () => Promise<{ digest: Bytes; body: MessageOf<P>['body']; blob?: Bytes }>,
    answers?: readonly Bytes[],
  ): Promise<void> {
    const me = this.#me;
    if (this.#view.phase > phase) return; // late, or said before a restart
    const said = await this.#said(phase, index, make);
    const message = messageFor(me.task, this.#round, phase, said.record, said.body);
    const startedAtMs = me.clock.now();
    let published = false;
    let postedItself = false;
    while (this.#view.phase === phase && !(await this.#isOnChain(phase, index, said.record))) {
      if (!published) {
        await this.#tolerating(async () => {
          if (said.blob) await me.relay.blobs.put(said.blob, this.#signal);
          await me.relay.publish(message, this.#signal);
          published = true;
        }, 'refused');
      }
      if (!postedItself && me.clock.now() - startedAtMs >= me.directPostAfterMs) {
        await this.#tolerating(async () => {
          await me.chain.postRecords(me.task, this.#round, phase, [said.record], answers, this.#signal);
          postedItself = true;
        }, 'refused');
      }
      await this.#poll();
    }
  }

  /** The one record of a slot with its opening: from the journal, or made and journalled now. */
  async #said<P extends RecordPhase>(
    phase: P,
    index: number,
    make: () => Promise<{ digest: Bytes; body: MessageOf<P>['body']; blob?: Bytes }>,
  ): Promise<{ record: Bytes; body: MessageOf<P>['body']; blob?: Bytes | undefined }> {
    const { task, signer } = this.#me;
    const known = await this.journal.get(`record/${phase}`);
    if (known && EMPTY_BODY.has(phase)) return { record: known, body: {} as MessageOf<P>['body'] };
    // The bytes behind a digest with an opening are journalled themselves, so making it again gives the same.
    const { digest, body, blob } = await make();
    const record = await this.journal.once(`record/${phase}`, () =>
      signer.sign({ task, round: this.#round, group: 0, phase, index, digest }),
    );
    return { record, body, blob };
  }

  /** Tries again until done, or until two thirds of the phase have passed: then one speaks of what is there. */
  async collect(attempt: () => Promise<void>, done: () => boolean): Promise<void> {
    const { clock } = this.#me;
    const phase = this.#view.phase;
    const phaseMs = this.#task.parameters.phaseSeconds * 1000;
    const untilMs = this.#view.phaseEndsAt * 1000 - phaseMs / 3;
    for (;;) {
      await this.#tolerating(attempt);
      if (done() || clock.now() >= untilMs) return;
      await this.#poll();
      if (this.#view.phase !== phase && !(phase === Phase.Sum && this.#view.phase === Phase.Vote)) return;
    }
  }

  /** Waits until the round is in the phase or beyond; leaves the round when it is over. */
  async reach(phase: Phase): Promise<RoundView> {
    while (this.#view.phase < phase) await this.#poll();
    if (isOver(this.#view.phase)) throw new RoundOver(this.#view);
    return this.#view;
  }

  async reachEnd(): Promise<RoundView> {
    while (!isOver(this.#view.phase)) await this.#poll();
    return this.#view;
  }

  /** Whether the record is in its slot. In the join phase that is told by the roster. */
  async #isOnChain(phase: RecordPhase, index: number, record: Bytes): Promise<boolean> {
    const me = this.#me;
    if (phase !== Phase.Join) return has(spokenIn(this.#view, phase), index);
    const { digest } = unpackRecord(record);
    let found: Bytes | undefined;
    await this.#tolerating(async () => {
      found = (await me.chain.digests(me.task, this.#round, phase, this.#signal)).get(index);
    });
    return found !== undefined && toHex(found) === toHex(digest);
  }

  async #poll(): Promise<void> {
    const me = this.#me;
    await me.clock.sleep(me.pollMs, this.#signal);
    await this.#tolerating(async () => {
      this.#view = await me.chain.round(me.task, this.#round, this.#signal);
    });
    me.onView(this.#view, this.#index);
    const { joinSeconds, beaconSeconds, phaseSeconds } = this.#task.parameters;
    const longestMs = (joinSeconds + beaconSeconds + 10 * phaseSeconds) * 1000;
    // Counted in polls: the hours that a laptop slept are nobody's fault, and the next poll tells what became of the round.
    this.#waitedMs += me.pollMs;
    if (!isOver(this.#view.phase) && this.#waitedMs > 2 * longestMs) {
      throw new MurmurError('timeout', 'the round should be over by now, but the chain does not move', {
        hint: 'Check that the chain endpoint is alive and makes blocks.',
      });
    }
  }

  /** Asks until there is an answer or the round is over. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      let answer: { value: T } | undefined;
      await this.#tolerating(async () => {
        answer = { value: await ask() };
      });
      if (answer) return answer.value;
      if (isOver(this.#view.phase)) throw new RoundOver(this.#view);
      await this.#poll();
    }
  }

  /**
   * Runs a step that may fail for reasons that pass: the caller tries again or goes on without.
   * @param also what else is no reason to leave the round, e.g. a relay or a fee that refuses what another way may still do
   */
  async #tolerating(step: () => Promise<void>, ...also: ErrorCode[]): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!hasCode(error, ...PASSING, ...also)) throw error;
    }
  }
}

/** Failures that waiting, or somebody else, may mend. */
const PASSING: readonly ErrorCode[] = [
  'unreachable',
  'timeout',
  'not-found',
  'bad-hash',
  'too-large',
  'conflict',
  'unsupported',
];

/** Phases whose digest says everything. */
const EMPTY_BODY: ReadonlySet<RecordPhase> = new Set([Phase.Ack, Phase.Have, Phase.Vote]);
