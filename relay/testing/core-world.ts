/** A RelayCore with all that it needs, under a virtual clock, and four sites that say what is asked of them. */
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { isRecordPhase } from '../../src/protocol/messages.ts';
import { Phase } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { RelayCore } from '../core/relay-core.ts';
import type { RelayEvent } from '../core/types.ts';
import { MemoryStore } from '../stores/memory.ts';
import { ChainStub } from './chain-stub.ts';
import { Cohort, toySigner, verifyToy } from './cohort.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

export const TASK = 1n;
export const SITES = 4;

export class CoreWorld {
  readonly clock = new VirtualClock();
  readonly chain = new ChainStub(this.clock, { maxCohort: SITES });
  readonly store = new MemoryStore();
  readonly events: RelayEvent[] = [];
  readonly cohort: Cohort;
  relay: RelayCore;
  /** times that the aggregator was asked */
  sums = 0;

  constructor() {
    const signers = Array.from({ length: SITES }, (_, i) => toySigner(i));
    this.cohort = new Cohort(this.chain.addTask(signers.map(({ address }) => address)), signers);
    this.relay = this.start();
  }

  /** A relay over the same store and chain, as after a restart. */
  start(): RelayCore {
    return new RelayCore({
      store: this.store,
      chain: this.chain,
      clock: this.clock,
      verifySignature: verifyToy,
      beacon: { signature: async () => new Uint8Array(32).fill(9) },
      aggregate: async () => {
        this.sums += 1;
        const [sum, model] = [utf8('sum'), utf8('model')];
        return { sum, model, sumRoot: toHex(await sha256(sum)), modelHash: toHex(await sha256(model)) };
      },
      onEvent: (event) => this.events.push(event),
    });
  }

  view(): Promise<RoundView> {
    return this.chain.round(TASK, 1);
  }

  batches(): string[] {
    return this.chain.writes.filter((write) => write.startsWith('records/'));
  }

  async stepFor(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 2; i++) {
      await this.relay.step();
      await this.clock.advance(500);
    }
  }

  async announceAll(): Promise<void> {
    for (let id = 0; id < SITES; id++) await this.relay.announce(TASK, id);
  }

  /** Brings a round to the wanted phase with all sites speaking. `restart`: a new relay before every step of the way. */
  async reach(target: Phase, restart = false): Promise<void> {
    const renew = () => {
      if (restart) this.relay = this.start();
    };
    await this.announceAll();
    await this.relay.step();
    for (let id = 0; id < SITES; id++) {
      renew();
      await this.relay.publish(await this.cohort.join(id, 1));
    }
    for (let i = 0; i < 400; i++) {
      const { phase } = await this.view();
      if (phase >= target) return;
      renew();
      await this.relay.step();
      await settle();
      await this.relay.step();
      await this.#speak(phase, renew);
      await this.clock.advance(500);
    }
    const told = this.events.map((event) =>
      'error' in event ? `${event.during}: ${event.error.message}` : event.kind,
    );
    throw new Error(`phase ${target} was not reached: ${told.join('; ')}`);
  }

  async #speak(phase: Phase, renew: () => void): Promise<void> {
    const now = await this.view();
    if (now.phase !== phase || !isRecordPhase(phase) || phase === Phase.Join) return;
    for (let index = 0; index < SITES; index++) {
      renew();
      await this.relay.publish(await this.cohort.message(now, phase, index, this.relay.blobs));
    }
  }
}
