/**
 * One simulated task from opening to end: real session, protocol, masking, aggregation and relay code; a contract twin, virtual
 * time, and a seed that decides the network's weather and who crashes, restarts, falls silent or leaves. Invariants are checked on
 * what happened; the trace hash names the run.
 */
import { Learner } from '../../src/session/learner.ts';
import { participate } from '../../src/session/participate.ts';
import { voidWords } from '../../src/session/round.ts';
import type { Release } from '../../src/session/releases.ts';
import { checkRelease, readReleases } from '../../src/session/releases.ts';
import type { ParticipationStatus } from '../../src/session/status.ts';
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { foldSum, recomputeRound } from '../../src/aggregation/recompute.ts';
import { gatherEvidence } from '../../src/aggregation/evidence.ts';
import { has, members } from '../../src/core/bitmap.ts';
import { type Bytes, type Hex, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { SeededRandom } from '../../src/core/random.ts';
import type { Dataset, EncodedRows } from '../../src/dataset/split.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { importX25519, type X25519KeyPair } from '../../src/masking/keys.ts';
import { parseAnswer } from '../../src/masking/unmask.ts';
import { type Checkpoint, readCheckpoint } from '../../src/model/checkpoint.ts';
import { predict } from '../../src/model/forward.ts';
import type { Layout } from '../../src/protocol/layout.ts';
import { Mailbox } from '../../src/protocol/mailbox.ts';
import { isOver, Phase } from '../../src/protocol/phases.ts';
import type { Journal, TrainerPort } from '../../src/protocol/ports.ts';
import { packRecord, type RecordSigner } from '../../src/protocol/record.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { TaskParameters } from '../../src/protocol/views.ts';
import { RelayCore } from '../../relay/core/relay-core.ts';
import { MemoryStore } from '../../relay/stores/memory.ts';
import { ContractTwin, hashOf, simulatedSignature } from './contract-twin.ts';
import { chainOver, Link, relayOver, type Weather } from './lossy-network.ts';
import { VirtualClock } from './virtual-time.ts';

const START_MS = 1_800_000_000_000;
const CREATOR: Hex = `0x${'11'.repeat(20)}`;

/** A task so small that a round costs milliseconds; everything else about it is real. */
const SPEC: TaskSpec = {
  version: 1,
  title: 'Simulated',
  description: '',
  data: {
    kind: 'table',
    columns: [
      { kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 },
      { kind: 'number', name: 'b', description: '', position: 1, minimum: 0, maximum: 1 },
    ],
    label: { name: 'y', description: '', position: 2, positive: { above: 0 } },
    missingMarks: [],
    delimiter: ',',
    header: false,
    missingRule: 'drop-row',
  },
  heldOut: { fraction: 0.3, seed: 'simulation' },
  model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
  training: { rounds: 2, epochs: 1, batchSize: 8, learningRate: 0.1, optimiser: 'sgd', l2: 0 },
  server: { kind: 'fedadam', learningRate: 0.05, beta1: 0.9, beta2: 0.99, tau: 0.001 },
  masking: { clipNorm: 4, updateWidth: 32, updateFractionBits: 20, rowCap: 64, maxCohort: 8 },
  evaluation: { bins: 4, release: 'exact' },
  retry: 'strict',
  minDiff: 2,
};

export interface WorldReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly status: string;
  readonly rounds: number;
  readonly settled: number;
  readonly violations: readonly string[];
}

interface Site {
  readonly index: number;
  readonly wallet: Hex;
  readonly dataset: Dataset;
  readonly journal: MemoryJournal;
  readonly link: Link;
  readonly channel: X25519KeyPair;
  registrationId: number;
  abort: AbortController;
  status: ParticipationStatus | undefined;
  running: boolean;
  gone: boolean;
}

/** A journal that survives its site's crashes; a crashed incarnation cannot write any more. */
class MemoryJournal {
  readonly #entries = new Map<string, Bytes>();

  open(signal: AbortSignal): Journal {
    const alive = () => {
      if (signal.aborted) throw new MurmurError('cancelled', 'the site crashed');
    };
    return {
      get: async (key) => this.#entries.get(key)?.slice(),
      put: async (key, value) => {
        alive();
        this.#entries.set(key, value.slice());
      },
      keys: async (prefix) => [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
      delete: async (key) => {
        alive();
        this.#entries.delete(key);
      },
    };
  }
}

/** A trainer without tensors: moves weights by what seed and rows say, predicts with the plain forward pass. */
const trainer: TrainerPort = {
  backend: 'simulated',
  async train({ weights, features, labels, seed }) {
    const random = new SeededRandom(seed);
    const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
    const drift = (features[0] ?? 0) * 0.01 + mean * 0.01;
    return { weights: weights.map((weight) => weight + drift + 0.1 * (random.uniform() - 0.5)), loss: 0.5, steps: 1 };
  },
  predict: async (weights, features, rows) => predict(SPEC.model, weights, features, rows),
};

function rowsOf(random: SeededRandom, rows: number): EncodedRows {
  const features = Float32Array.from({ length: rows * 2 }, () => random.uniform());
  const labels = Uint8Array.from({ length: rows }, (_, row) => ((features[2 * row] as number) > 0.5 ? 1 : 0));
  return { features, labels, rows, width: 2 };
}

/** Runs one world to its end. */
export async function simulate(seed: number, options: { onLine?: (line: string) => void } = {}): Promise<WorldReport> {
  const random = new SeededRandom(hashOf(`murmur/simulation/${seed}`));
  const clock = new VirtualClock(START_MS);
  const trace: string[] = [];
  const note = (line: string) => {
    trace.push(`${clock.now() - START_MS} ${line}`);
    options.onLine?.(trace[trace.length - 1] as string);
  };
  const bytes = (lengthBytes: number) => Uint8Array.from({ length: lengthBytes }, () => random.below(256));
  const weather: Weather = {
    loss: random.uniform() ** 2 * 0.3,
    doubling: random.uniform() * 0.3,
    maxDelayMs: random.uniform() * 3000,
  };
  const siteCount = 3 + random.below(4);
  const allowListed = random.below(4) === 0;
  const parameters: TaskParameters = {
    minCohort: 3,
    maxCohort: 8,
    trainingRounds: SPEC.training.rounds,
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
  };
  const specBytes = utf8(canonicalJson(SPEC));
  const specHash = toHex(hashOf(specBytes));
  const twin = new ContractTwin(clock, parameters, specHash);
  const store = new MemoryStore();
  await store.putBlob(specBytes);

  // The relay, which may go down and come back on the same store.
  let relay: RelayCore | undefined;
  let relayAbort = new AbortController();
  const relayPort = twin.port(`0x${'ee'.repeat(20)}`);
  const startRelay = () => {
    relayAbort = new AbortController();
    const link = new Link(clock, random, { ...weather, loss: weather.loss / 2 });
    relay = new RelayCore({
      store,
      clock,
      chain: chainOver(link, relayPort),
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
      aggregate: async (task, round, signal) => {
        const chain = chainOver(link, relayPort);
        const source = relay as RelayCore;
        const [taskView, view] = [await chain.task(task, signal), await chain.round(task, round, signal)];
        const evidence = await gatherEvidence({
          chain,
          source,
          mailbox: new Mailbox(source, task),
          task: taskView,
          view,
          layout: roundLayout(SPEC, view.step),
          signal,
        });
        const base = await baseOf(view.baseModel);
        const result = await recomputeRound({ spec: SPEC, evidence, base, signal });
        return {
          sum: result.packedSum,
          model: result.checkpointBytes,
          sumRoot: result.sumRoot,
          modelHash: result.modelHash,
        };
      },
      onEvent: (event) =>
        note(
          `relay ${event.kind}${'round' in event ? ` ${event.round}` : ''}${event.kind === 'error' ? ` ${event.during}: ${event.error.message}` : ''}`,
        ),
    });
    void relay.run(relayAbort.signal);
  };
  const baseOf = async (hash: Hex): Promise<Checkpoint | undefined> =>
    /^0x0+$/.test(hash) ? undefined : readCheckpoint(SPEC, await store.readBlob(hash));
  startRelay();

  const sites: Site[] = [];
  for (let index = 0; index < siteCount; index++) {
    const wallet = toHex(hashOf(`wallet/${index}`).subarray(0, 20));
    const channel = await importX25519(bytes(32));
    const registrationId = twin.register(wallet, toHex(hashOf(`session/${index}`).subarray(0, 20)), channel.publicKey);
    sites.push({
      index,
      wallet,
      channel,
      registrationId,
      dataset: { train: rowsOf(random, 8 + random.below(8)), heldOut: rowsOf(random, 12) },
      journal: new MemoryJournal(),
      link: new Link(clock, random, weather),
      abort: new AbortController(),
      status: undefined,
      running: false,
      gone: false,
    });
  }

  const start = (site: Site) => {
    site.abort = new AbortController();
    const { signal } = site.abort;
    const sessionKey = (twin.registrations[site.registrationId] as { sessionKey: Hex }).sessionKey;
    const signer: RecordSigner = {
      address: sessionKey,
      sign: async (record) => packRecord(record.index, record.digest, simulatedSignature(sessionKey, record)),
    };
    site.running = true;
    void participate({
      task: 1n,
      registrationId: site.registrationId,
      wallet: site.wallet,
      spec: SPEC,
      dataset: site.dataset,
      chain: chainOver(site.link, twin.port(site.wallet)),
      relay: relayOver(site.link, () => relay),
      journal: site.journal.open(signal),
      signer,
      channel: site.channel,
      createTrainer: async () => trainer,
      clock,
      random: bytes,
      onStatus: (status) => {
        if (status.message !== site.status?.message || status.state !== site.status?.state)
          note(`site ${site.index} ${status.state}: ${status.message}`);
        site.status = status;
      },
      signal,
      pollMs: 700,
      directPostAfterMs: 9_000,
    }).then(
      () => (site.running = false),
      (error: unknown) => {
        site.running = false;
        if (!signal.aborted)
          violations.push(
            `site ${site.index} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
      },
    );
  };

  const violations: string[] = [];
  for (const site of sites) start(site);
  const firstFaultMs = 5_000;
  const faults = random.below(5);
  for (let i = 0; i < faults; i++) {
    const atMs = START_MS + firstFaultMs + random.below(240_000);
    const site = sites[random.below(siteCount)] as Site;
    const backMs = 500 + random.below(40_000);
    const kind = random.below(5);
    clock.at(atMs, () => {
      if (kind === 0 && relay) {
        note('relay down');
        relay = undefined;
        relayAbort.abort();
        clock.at(clock.now() + backMs, () => {
          note('relay up');
          startRelay();
        });
      } else if (kind <= 2 && !site.gone) {
        note(`site ${site.index} crashes`);
        site.abort.abort();
        clock.at(clock.now() + backMs, () => {
          if (site.gone) return;
          note(`site ${site.index} restarts`);
          start(site);
        });
      } else if (kind === 3) {
        note(`site ${site.index} is cut off for a while`);
        site.link.cut = true;
        clock.at(clock.now() + backMs, () => (site.link.cut = false));
      } else if (kind === 4) {
        note(`site ${site.index} leaves for ever`);
        site.gone = true;
        site.abort.abort();
      }
    });
  }
  // Somebody has to be able to move a task on whose members all left: the creator, who opens until the voids end it.
  const janitor = () => {
    if (twin.status !== 'running') return;
    if (sites.filter((site) => !site.gone).length < parameters.minCohort || clock.now() > START_MS + 1_200_000)
      twin.open();
    clock.at(clock.now() + 20_000, janitor);
  };
  janitor();

  await clock.run(
    () => twin.task().status !== 'running' && sites.every((site) => site.gone || !site.running),
    START_MS + 7_200_000,
  );
  relayAbort.abort();
  await clock.run(() => true, Number.MAX_SAFE_INTEGER);
  violations.push(...(await invariants(twin, sites, parameters)));
  for (const [i, { state }] of twin.rounds.entries())
    note(
      `round ${i + 1} step ${state.step} n ${state.roster.length}: ${state.phase === Phase.Void ? voidWords(state.voidReason) : 'settled'}`,
    );
  note(`end ${twin.status} ${twin.modelHash}`);
  return {
    seed,
    traceHash: toHex(hashOf(trace.join('\n'))),
    status: twin.status,
    rounds: twin.rounds.length,
    settled: twin.rounds.filter((round) => round.state.phase === Phase.Settled).length,
    violations,
  };
}

/** The same bits, but with room for the values of a whole cohort. */
function layoutOfSums(layout: Layout, cohort: number): Layout {
  return layout.map((segment) => {
    const { encoding } = segment;
    return encoding.kind === 'fixed'
      ? { ...segment, encoding: { ...encoding, limit: encoding.limit * cohort } }
      : segment;
  });
}

async function invariants(twin: ContractTwin, sites: readonly Site[], parameters: TaskParameters): Promise<string[]> {
  const violations: string[] = [];
  const longest = parameters.joinSeconds + parameters.beaconSeconds + 7 * parameters.phaseSeconds;
  let model: Checkpoint | undefined;
  let modelHash: Hex = `0x${'00'.repeat(32)}`;
  for (const [i, { state, openedAtSeconds, answers }] of twin.rounds.entries()) {
    const number = i + 1;
    if (!isOver(state.phase)) violations.push(`round ${number} never ended`);
    if (state.phaseEndsAt - openedAtSeconds > longest) violations.push(`round ${number} waited past its deadlines`);
    for (const [index, answer] of answers) {
      const { u2, u3 } = parseAnswer(answer, state.roster.length);
      if (u2 !== state.u2 || u3 !== state.u3)
        violations.push(`round ${number}: member ${index} answered for other survivors`);
      if (!has(state.u3, index)) violations.push(`round ${number}: member ${index} answered without having survived`);
    }
    if (state.phase !== Phase.Settled) continue;
    if (state.baseModel !== modelHash) violations.push(`round ${number} began with another model`);
    const layout = roundLayout(SPEC, state.step);
    const expected = layout.map(({ length }) => new Float64Array(length));
    for (const index of members(state.u3)) {
      const site = sites.find((candidate) => candidate.registrationId === state.roster[index]) as Site;
      const learner = new Learner(SPEC, site.dataset, async () => trainer);
      const parts = await learner.contribution({
        step: state.step,
        base: model,
        baseModel: fromHex(modelHash),
        site: fromHex(site.wallet),
      });
      for (const [s, part] of unpackVector(layout, packVector(layout, parts)).entries()) {
        const total = expected[s] as Float64Array;
        for (const [j, value] of part.entries()) total[j] = (total[j] as number) + value;
      }
    }
    const packed = packVector(layoutOfSums(layout, state.roster.length), expected);
    if (toHex(hashOf(packed)) !== state.sumRoot) violations.push(`round ${number}: the sum is not the survivors' sum`);
    const view = twin.view(number);
    const folded = await foldSum(SPEC, view, model, packed, members(state.u3).length);
    if (folded.modelHash !== state.modelHash)
      violations.push(`round ${number}: the model does not follow from the sum`);
    if (state.accepted) {
      model = folded.checkpoint;
      modelHash = folded.modelHash;
    }
  }
  if (twin.modelHash !== modelHash) violations.push('the chain holds another model than the rounds give');
  for (const site of sites) {
    if (!site.gone && site.status?.modelHash !== twin.modelHash)
      violations.push(`site ${site.index} holds another model`);
    const releases = await readReleases(site.journal.open(new AbortController().signal), 1n);
    for (const [i, release] of releases.entries()) {
      try {
        checkRelease(SPEC, releases.slice(0, i) as Release[], release);
      } catch {
        violations.push(`site ${site.index} released twice over one model`);
      }
    }
    for (const [i, { state, answers }] of twin.rounds.entries()) {
      const index = state.roster.indexOf(site.registrationId);
      if (answers.has(index) && !releases.some((release) => release.round === i + 1))
        violations.push(`site ${site.index} answered without spending a release`);
    }
  }
  const before = twin.held + [...twin.balances.values()].reduce((sum, value) => sum + value, 0n) + twin.treasury;
  twin.payEverybody(CREATOR);
  const after = twin.held + [...twin.balances.values()].reduce((sum, value) => sum + value, 0n) + twin.treasury;
  const dust = BigInt(twin.rounds.length * 9);
  if (before !== after || twin.held < 0n || twin.held > dust)
    violations.push(`funds are not conserved: ${twin.held} left`);
  return violations;
}
