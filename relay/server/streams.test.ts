/** Message streams: everybody gets everything once and in order, and nobody can fill the relay's memory by not reading. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SequencedMessage } from '../../src/protocol/messages.ts';
import { RelayCore } from '../core/relay-core.ts';
import { MemoryStore } from '../stores/memory.ts';
import { ChainStub } from '../testing/chain-stub.ts';
import { Cohort, toySigner, verifyToy } from '../testing/cohort.ts';
import { systemClock } from './start.ts';
import { MessageStreams, type StreamSocket } from './message-streams.ts';
import { Metrics } from './metrics.ts';

const SITES = 8;
let core: RelayCore;
let cohort: Cohort;
let metrics: Metrics;
let streams: MessageStreams;

class FakeSocket implements StreamSocket {
  bufferedAmount = 0;
  terminated = false;
  readonly sequences: number[] = [];
  onSend: () => void = () => undefined;

  send(text: string): void {
    this.sequences.push((JSON.parse(text) as SequencedMessage).sequence);
    this.onSend();
  }

  terminate(): void {
    this.terminated = true;
  }
}

beforeEach(async () => {
  const chain = new ChainStub(systemClock);
  const signers = Array.from({ length: SITES }, (_, i) => toySigner(i));
  cohort = new Cohort(chain.addTask(signers.map(({ address }) => address)), signers);
  core = new RelayCore({ store: new MemoryStore(), chain, clock: systemClock, verifySignature: verifyToy });
  for (let id = 0; id < SITES; id++) await core.announce(1n, id);
  await core.step();
  metrics = new Metrics();
  streams = new MessageStreams(core, metrics, { streamBufferBytes: 1000, slowReaderMs: 200 });
});
afterEach(() => streams.close());

const publish = async (...ids: number[]) => {
  for (const id of ids) await core.publish(await cohort.join(id, 1));
};

it('catches up from any place and goes on live, once and in order', async () => {
  await publish(0, 1, 2);
  const [all, late] = [new FakeSocket(), new FakeSocket()];
  streams.add(all, 1n, 0);
  streams.add(late, 1n, 3);
  // Some come while the catching-up is under way.
  await Promise.all([3, 4, 5, 6, 7].map((id) => publish(id)));
  await expect.poll(() => all.sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await expect.poll(() => late.sequences).toEqual([3, 4, 5, 6, 7, 8]);
});

it('waits for a reader that is slow for a moment and drops one that stays slow', async () => {
  const [hesitant, stuck, quick] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  hesitant.onSend = () => {
    hesitant.bufferedAmount = 2000;
    setTimeout(() => {
      hesitant.bufferedAmount = 0;
    }, 60);
  };
  stuck.onSend = () => {
    stuck.bufferedAmount = 2000;
  };
  for (const socket of [hesitant, stuck, quick]) streams.add(socket, 1n, 0);
  await publish(0, 1, 2, 3);
  await expect.poll(() => quick.sequences).toEqual([1, 2, 3, 4]);
  await expect.poll(() => stuck.terminated).toBe(true);
  await expect.poll(() => hesitant.sequences).toEqual([1, 2, 3, 4]);
  expect(stuck.sequences).toEqual([1]);
  expect([metrics.streams, metrics.droppedStreams]).toEqual([2, 1]);
});

it('survives a socket that throws', async () => {
  const [broken, sound] = [new FakeSocket(), new FakeSocket()];
  broken.onSend = () => {
    throw new Error('closed');
  };
  streams.add(broken, 1n, 0);
  streams.add(sound, 1n, 0);
  await publish(0, 1);
  await expect.poll(() => sound.sequences).toEqual([1, 2]);
  expect(broken.terminated).toBe(true);
});
