/**
 * One live round as one participant meets it: the latest view of it, the journal, and the patience with relay and chain that all steps
 * share. Every wait polls the chain and ends with the round, at the latest when it should long be over.
 */
import { type ErrorCode, hasCode, MurmurError } from '../core/errors.ts';
import { isOver, Phase } from '../protocol/phases.ts';
import type { RoundView, TaskView } from '../protocol/views.ts';
import { RoundJournal } from './journal.ts';
import type { Participant } from './participant.ts';

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

/** Thrown inside a round to leave it when it ended early; takePart catches it. */
export class RoundOver extends Error {
  readonly view: RoundView;
  constructor(view: RoundView) {
    super('the round is over');
    this.view = view;
  }
}

export class LiveRound {
  readonly me: Participant;
  readonly task: TaskView;
  /** its number in the task */
  readonly number: number;
  readonly signal: AbortSignal;
  readonly journal: RoundJournal;
  /** this participant's place in the roster, -1 when it has none, undefined before it is known */
  index: number | undefined;
  #view: RoundView;
  #waitedMs = 0;

  constructor(me: Participant, task: TaskView, opened: RoundView, signal: AbortSignal) {
    this.me = me;
    this.task = task;
    this.number = opened.round;
    this.signal = signal;
    this.journal = new RoundJournal(me.journal, me.task, opened.round);
    this.#view = opened;
  }

  /** The round as the chain showed it last. */
  get view(): RoundView {
    return this.#view;
  }

  get phaseMs(): number {
    return this.task.parameters.phaseSeconds * 1000;
  }

  /** Waits until the round is in the phase or beyond; leaves the round when it is over. */
  async reach(phase: Phase): Promise<RoundView> {
    while (this.#view.phase < phase) await this.poll();
    if (isOver(this.#view.phase)) throw new RoundOver(this.#view);
    return this.#view;
  }

  async reachEnd(): Promise<RoundView> {
    while (!isOver(this.#view.phase)) await this.poll();
    return this.#view;
  }

  /** Tries again until done, or until two thirds of the phase have passed: then one speaks of what is there. */
  async collect(attempt: () => Promise<void>, done: () => boolean): Promise<void> {
    const { clock } = this.me;
    const phase = this.#view.phase;
    const untilMs = this.#view.phaseEndsAt * 1000 - this.phaseMs / 3;
    for (;;) {
      await this.tolerating(attempt);
      if (done() || clock.now() >= untilMs) return;
      await this.poll();
      if (this.#view.phase !== phase && !(phase === Phase.Sum && this.#view.phase === Phase.Vote)) return;
    }
  }

  /** Asks until there is an answer or the round is over. */
  async patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      let answer: { value: T } | undefined;
      await this.tolerating(async () => {
        answer = { value: await ask() };
      });
      if (answer) return answer.value;
      if (isOver(this.#view.phase)) throw new RoundOver(this.#view);
      await this.poll();
    }
  }

  /**
   * Runs a step that may fail for reasons that pass: the caller tries again or goes on without.
   * @param also what else is no reason to leave the round, e.g. a relay or a fee that refuses what another way may still do
   */
  async tolerating(step: () => Promise<void>, ...also: ErrorCode[]): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!hasCode(error, ...PASSING, ...also)) throw error;
    }
  }

  /** Waits a little and looks at the chain again. @throws MurmurError timeout when the chain stands still */
  async poll(): Promise<void> {
    const { me } = this;
    await me.clock.sleep(me.pollMs, this.signal);
    await this.tolerating(async () => {
      this.#view = await me.chain.round(me.task, this.number, this.signal);
    });
    me.onView(this.#view, this.index);
    const { joinSeconds, beaconSeconds, phaseSeconds } = this.task.parameters;
    const longestMs = (joinSeconds + beaconSeconds + 10 * phaseSeconds) * 1000;
    // Counted in polls: the hours that a laptop slept are nobody's fault, and the next poll tells what became of the round.
    this.#waitedMs += me.pollMs;
    if (!isOver(this.#view.phase) && this.#waitedMs > 2 * longestMs) {
      throw new MurmurError('timeout', 'the round should be over by now, but the chain does not move', {
        hint: 'Check that the chain endpoint is alive and makes blocks.',
      });
    }
  }
}
