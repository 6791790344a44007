/**
 * One simulated task: real session, protocol, masking, aggregation and relay code around a contract twin, in virtual time, over a
 * network whose weather a seed decides. Scenarios (faults.ts, tests/fault) decide who crashes, lies, falls silent or leaves.
 */
import { RelayCore } from '../../relay/core/relay-core.ts';
import { MemoryStore } from '../../relay/stores/memory.ts';
import { gatherEvidence } from '../../src/aggregation/evidence.ts';
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { recomputeRound } from '../../src/aggregation/recompute.ts';
import { fetchStart } from '../../src/aggregation/verify.ts';
import { type Bytes, type Hex, toHex, utf8 } from '../../src/core/bytes.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { SeededRandom } from '../../src/core/random.ts';
import type { Dataset } from '../../src/dataset/split.ts';
import { importX25519, type X25519KeyPair } from '../../src/masking/keys.ts';
import { readCheckpoint } from '../../src/model/checkpoint.ts';
import { Mailbox } from '../../src/protocol/mailbox.ts';
import { Phase } from '../../src/protocol/phases.ts';
import type { ChainPort, RelayPort } from '../../src/protocol/ports.ts';
import { packRecord } from '../../src/protocol/record.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { type TaskParameters, ZERO_HASH } from '../../src/protocol/views.ts';
import { participate } from '../../src/session/participate.ts';
import { voidWords } from '../../src/protocol/phases.ts';
import type { ParticipationStatus } from '../../src/session/status.ts';
import { ContractTwin, hashOf, simulatedSignature } from './contract-twin.ts';
import { chainOver, Link, relayOver, type Weather } from './lossy-network.ts';
import { MemoryJournal, rowsOf, SPEC, trainerOf } from './site-parts.ts';
import { VirtualClock } from './virtual-time.ts';

const START_MS = 1_800_000_000_000;
/** Longest virtual time of a world: two hours. */
const LONGEST_MS = 7_200_000;

export interface Site {
  readonly index: number;
  readonly wallet: Hex;
  readonly dataset: Dataset;
  journal: MemoryJournal;
  readonly link: Link;
  readonly channel: X25519KeyPair;
  readonly registrationId: number;
  abort: AbortController;
  status: ParticipationStatus | undefined;
  /** every error that a status told of */
  readonly errors: string[];
  running: boolean;
  gone: boolean;
}

export interface WorldSetup {
  readonly seed: number;
  readonly siteCount: number;
  readonly weather: Weather;
  readonly allowListed: boolean;
  readonly parameters?: Partial<TaskParameters>;
  readonly spec?: Partial<TaskSpec>;
  /** what the task's creator gives the relay beside the spec: the file of its starting weights */
  readonly start?: Bytes | undefined;
  /** what the relay, as a liar, makes of the port that a site talks to */
  readonly tamperRelay?: (port: RelayPort, site: Site, world: World) => RelayPort;
  /** what a lying endpoint makes of the chain that a site reads */
  readonly tamperChain?: (port: ChainPort, site: Site, world: World) => ChainPort;
  /** the relay carries messages but posts no sum */
  readonly withholdsSum?: boolean;
  readonly onLine?: ((line: string) => void) | undefined;
}

export const CALM: Weather = { loss: 0, doubling: 0, maxDelayMs: 0 };

export class World {
  readonly clock = new VirtualClock(START_MS);
  readonly random: SeededRandom;
  readonly store = new MemoryStore();
  readonly spec: TaskSpec;
  readonly parameters: TaskParameters;
  readonly twin: ContractTwin;
  readonly sites: Site[] = [];
  readonly failures: string[] = [];
  relay: RelayCore | undefined;
  readonly #setup: WorldSetup;
  readonly #trace: string[] = [];
  #relayAbort = new AbortController();

  private constructor(setup: WorldSetup) {
    const { allowListed } = setup;
    this.#setup = setup;
    this.random = new SeededRandom(hashOf(`murmur/world/${setup.seed}`));
    this.spec = { ...SPEC, ...setup.spec };
    this.parameters = {
      minCohort: 3,
      maxCohort: 8,
      trainingRounds: this.spec.training.rounds,
      corruptBps: 1000,
      survivorFloor: 3,
      joinSeconds: 25,
      phaseSeconds: 30,
      beaconSeconds: 60,
      maxVoids: 4,
      allowListed,
      stake: allowListed ? 0n : 1_000n,
      sumBond: allowListed ? 0n : 100n,
      pool: allowListed ? 0n : 12_345n,
      ...setup.parameters,
    };
    this.twin = new ContractTwin(this.clock, this.parameters, toHex(hashOf(utf8(canonicalJson(this.spec)))));
  }

  /** A world with its relay and its sites running. */
  static async begin(setup: WorldSetup): Promise<World> {
    const world = new World(setup);
    await world.store.putBlob(utf8(canonicalJson(world.spec)));
    if (setup.start) await world.store.putBlob(setup.start);
    world.startRelay();
    for (let index = 0; index < setup.siteCount; index++) {
      const wallet = toHex(hashOf(`wallet/${index}`).subarray(0, 20));
      const channel = await importX25519(world.bytes(32));
      const sessionKey = toHex(hashOf(`session/${index}`).subarray(0, 20));
      const registrationId = world.twin.register(wallet, sessionKey, channel.publicKey);
      const train = rowsOf(world.random, 8 + world.random.below(8));
      world.sites.push({
        index,
        wallet,
        channel,
        registrationId,
        dataset: { train, heldOut: rowsOf(world.random, 12) },
        journal: new MemoryJournal(),
        link: new Link(world.clock, world.random, setup.weather),
        abort: new AbortController(),
        status: undefined,
        errors: [],
        running: false,
        gone: false,
      });
    }
    for (const site of world.sites) world.start(site);
    return world;
  }

  /** Seeded bytes: the world's randomness for keys and masks. */
  bytes = (lengthBytes: number): Bytes => Uint8Array.from({ length: lengthBytes }, () => this.random.below(256));

  note(line: string): void {
    this.#trace.push(`${this.clock.now() - START_MS} ${line}`);
    this.#setup.onLine?.(this.#trace[this.#trace.length - 1] as string);
  }

  /** Calls back that long after the world began. */
  after(durationMs: number, act: () => void): void {
    this.clock.at(START_MS + durationMs, act);
  }

  get traceHash(): string {
    return toHex(hashOf(this.#trace.join('\n')));
  }

  startRelay(): void {
    const { weather, withholdsSum } = this.#setup;
    const { clock, store, twin } = this;
    this.#relayAbort = new AbortController();
    const chain = chainOver(
      new Link(clock, this.random, { ...weather, loss: weather.loss / 2 }),
      twin.port(`0x${'ee'.repeat(20)}`),
    );
    const relay: RelayCore = new RelayCore({
      options: { pollMs: 1_000 },
      store,
      clock,
      chain,
      verifySignature: async (_, record, signature) => {
        const signer = twin.registrations.find(
          ({ sessionKey }) => toHex(simulatedSignature(sessionKey, record)) === toHex(signature),
        );
        if (!signer) throw new MurmurError('bad-signature', 'nobody signed this');
        return signer.sessionKey;
      },
      beacon: {
        signature: async (round) =>
          BigInt(Math.floor(clock.now() / 1000)) >= round ? hashOf(`beacon/${round}`) : undefined,
      },
      ...(!withholdsSum && { aggregate: (task, round, signal) => this.#aggregate(relay, chain, task, round, signal) }),
      onEvent: (event) => {
        const what = event.kind === 'error' ? `error ${event.during}: ${event.error.message}` : event.kind;
        this.note(`relay ${event.round} ${what}`);
      },
    });
    this.relay = relay;
    void relay.run(this.#relayAbort.signal);
  }

  stopRelay(): void {
    this.relay = undefined;
    this.#relayAbort.abort();
  }

  async #aggregate(source: RelayCore, chain: ChainPort, task: bigint, round: number, signal: AbortSignal) {
    const [taskView, view] = [await chain.task(task, signal), await chain.round(task, round, signal)];
    const layout = roundLayout(this.spec, view.step);
    const mailbox = new Mailbox(source, task);
    const evidence = await gatherEvidence({ chain, source, mailbox, task: taskView, view, layout, signal });
    const base =
      view.baseModel === ZERO_HASH
        ? undefined
        : await readCheckpoint(this.spec, await this.store.readBlob(view.baseModel));
    const { packedSum, checkpointBytes, sumRoot, modelHash } = await recomputeRound({
      spec: this.spec,
      evidence,
      base,
      start: base === undefined ? await fetchStart(source, this.spec, signal) : undefined,
      signal,
    });
    return { sum: packedSum, model: checkpointBytes, sumRoot, modelHash };
  }

  /** Starts a site, or starts it again on the journal that it left. */
  start(site: Site): void {
    const { tamperRelay, tamperChain } = this.#setup;
    site.abort = new AbortController();
    const { signal } = site.abort;
    const sessionKey = (this.twin.registrations[site.registrationId] as { sessionKey: Hex }).sessionKey;
    const relay = relayOver(site.link, () => this.relay);
    const chain = chainOver(site.link, this.twin.port(site.wallet));
    site.running = true;
    void participate({
      task: 1n,
      registrationId: site.registrationId,
      wallet: site.wallet,
      spec: this.spec,
      dataset: site.dataset,
      chain: tamperChain?.(chain, site, this) ?? chain,
      relay: tamperRelay?.(relay, site, this) ?? relay,
      journal: site.journal.open(signal),
      signer: {
        address: sessionKey,
        sign: async (record) => packRecord(record.index, record.digest, simulatedSignature(sessionKey, record)),
      },
      channel: site.channel,
      createTrainer: async (spec) => trainerOf(spec),
      clock: this.clock,
      random: this.bytes,
      onStatus: (status) => this.#heard(site, status),
      signal,
      pollMs: 1_000,
      directPostAfterMs: 9_000,
    }).then(
      () => (site.running = false),
      (error: unknown) => {
        site.running = false;
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
        if (!signal.aborted) this.failures.push(`site ${site.index} failed: ${what}`);
      },
    );
  }

  crash(site: Site): void {
    this.note(`site ${site.index} crashes`);
    site.abort.abort();
  }

  leave(site: Site): void {
    this.note(`site ${site.index} leaves for ever`);
    site.gone = true;
    site.abort.abort();
  }

  #heard(site: Site, status: ParticipationStatus): void {
    const words = status.error?.message ?? status.note;
    if (words !== (site.status?.error?.message ?? site.status?.note) || status.state !== site.status?.state) {
      this.note(`site ${site.index} ${status.state}: ${words}`);
      if (status.error) site.errors.push(`${status.error.code}: ${status.error.message}`);
    }
    site.status = status;
  }

  /** Lets time pass until the task has ended and everybody knows. */
  async end(): Promise<void> {
    const everybodyKnows = () => this.sites.every((site) => site.gone || !site.running);
    await this.clock.run(() => this.twin.task().status !== 'running' && everybodyKnows(), START_MS + LONGEST_MS);
    this.#relayAbort.abort();
    for (const [i, { state }] of this.twin.rounds.entries()) {
      const outcome = state.phase === Phase.Void ? voidWords(state.voidReason) : 'settled';
      this.note(`round ${i + 1}, step ${state.step}, ${state.roster.length} joined: ${outcome}`);
    }
    this.note(`the task ${this.twin.status} with ${this.twin.modelHash}`);
  }
}
