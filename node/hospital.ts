/**
 * One headless participant: a data file, a wallet key and a folder, the same session code as a tab. `murmur network` runs four in
 * one process, `murmur contribute` one. Session key and channel secret stay in the folder, readable by its owner only, and are in
 * no log. A second start on the same folder goes on in the same round.
 */
import { join } from 'node:path';
import type { LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { fetchSpec } from '../src/aggregation/verify.ts';
import { recordSigner, signSignIn } from '../src/chain/keys.ts';
import { type Bytes, toHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import type { Dataset } from '../src/dataset/split.ts';
import { importX25519 } from '../src/masking/keys.ts';
import type { Ledger } from '../src/network/ledger.ts';
import { RelayClient } from '../src/network/relay-client.ts';
import { createSender, type Sender } from '../src/network/sender.ts';
import type { BookStore, ChainReader, TrainerPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { TaskView } from '../src/protocol/views.ts';
import type { OwnersLimit } from '../src/session/budget-book.ts';
import { type DataBudget, openDataBudget, placeOf, taskCost } from '../src/session/data-budget.ts';
import { readOwnModel } from '../src/session/own-model.ts';
import { participate } from '../src/session/participate.ts';
import { checkHonest } from '../src/session/releases.ts';
import type { ParticipationStatus } from '../src/session/status.ts';
import { openFileJournal } from '../src/storage/files.ts';
import { systemClock } from '../relay/server/start.ts';
import { type ChainEndpoint, connectChain, ensureRegistered } from './chain-access.ts';
import { readDataset } from './data-files.ts';
import { identify } from './data-identity.ts';
import { keepSecret } from './state-folder.ts';
import type { ThreadTrainer, TrainerThreads } from './trainer-threads.ts';

export interface HospitalOptions {
  readonly task: bigint;
  readonly endpoint: ChainEndpoint;
  readonly relayUrl: string;
  readonly wallet: LocalAccount;
  readonly dataFile: string;
  /** of this site and deployment */
  readonly folder: string;
  /** absent for example data, which are nobody's */
  readonly privacy?: SitePrivacy | undefined;
  readonly pace: SessionPace;
  /** where it trains */
  readonly trainers: TrainerThreads;
  /** whether the same model is trained on this site's rows alone, to compare it with */
  readonly comparesAlone: boolean;
  /** what leaves this site is written down here */
  readonly ledger: Ledger;
  /** hears how long each local training took */
  readonly onTrained?: ((durationMs: number) => void) | undefined;
  readonly onStatus: (status: ParticipationStatus) => void;
  readonly signal: AbortSignal;
}

/** What a data set's owner says about its privacy. */
export interface SitePrivacy {
  readonly book: BookStore;
  /** to be kept from now on; absent: as it was set before, or the default */
  readonly limit?: OwnersLimit | undefined;
  /** consent to a task that releases something without noise, which no limit bounds */
  readonly withoutNoise: boolean;
}

export interface SessionPace {
  /** how often the chain is asked */
  readonly pollMs: number;
  readonly announceMs: number;
}

export interface Hospital {
  readonly spec: TaskSpec;
  readonly dataset: Dataset;
  /** Takes part until the task ends or the signal aborts; see {@link participate}. */
  run(): Promise<ParticipationStatus>;
  /** The model that this site has now, its private layers included, as a safetensors file; undefined before the first. */
  ownModel(): Promise<Bytes | undefined>;
}

/**
 * Reads and checks the data, and registers the wallet unless its session key of this folder is registered already.
 * @throws MurmurError bad-input for data that do not fit the task; refused when the wallet cannot pay, when the task has ended, or when its
 * cost in privacy does not fit the data set's limit
 */
export async function openHospital(options: HospitalOptions): Promise<Hospital> {
  const { task, endpoint, relayUrl, wallet, dataFile, pace, comparesAlone, ledger, signal } = options;
  const sender = createSender({ ledger });
  const chain = connectChain(endpoint, sender, wallet);
  const view = await chain.task(task, signal);
  const spec = await fetchSpec(readOnlyRelay(relayUrl, sender, task), view, signal);
  checkHonest(spec, view.parameters);
  const dataset = await readDataset(dataFile, spec);
  const budget = options.privacy && (await siteBudget(options, options.privacy, { chain, view, spec, dataset }));

  const folder = join(options.folder, `task-${task}`);
  const sessionSecret = await keepSecret(join(folder, 'session.key'), () => secureRandom(32));
  const channel = await importX25519(await keepSecret(join(folder, 'channel.key'), () => secureRandom(32)));
  const registrationId = await ensureRegistered({
    chain,
    flock: endpoint.flock,
    wallet,
    task,
    sessionSecret,
    channelKey: toHex(channel.publicKey),
    nowSeconds: Math.floor(systemClock.now() / 1000),
    signal,
  });

  const relay = new RelayClient({
    url: relayUrl,
    sender,
    clock: systemClock,
    task,
    signIn: async (issuedAt) => ({
      registrationId,
      signature: await signSignIn(sessionSecret, chain.domain, { task, registrationId, issuedAt: BigInt(issuedAt) }),
    }),
  });
  const journal = await openFileJournal(join(folder, 'journal'));
  const signer = recordSigner(sessionSecret, chain.domain);
  return {
    spec,
    dataset,
    ownModel: () => readOwnModel(journal, spec, task),
    async run() {
      let trainer: ThreadTrainer | undefined;
      try {
        // Before it says that it is here: the start and its self-test take seconds, and a join window may be shorter.
        const started = await options.trainers.createTrainer(spec);
        trainer = started;
        return await participate({
          task,
          registrationId,
          wallet: wallet.address,
          spec,
          dataset,
          chain,
          relay,
          journal,
          budget,
          signer,
          channel,
          createTrainer: async () => timed(started, options.onTrained),
          clock: systemClock,
          random: secureRandom,
          onStatus: options.onStatus,
          signal,
          comparesAlone,
          ...pace,
        });
      } finally {
        trainer?.close();
        relay.close();
      }
    },
  };
}

/** @throws MurmurError refused when the whole task does not fit the limit, or has no noise and its owner has not consented to that */
async function siteBudget(
  { task, endpoint, wallet, dataFile, signal }: HospitalOptions,
  { book, limit, withoutNoise }: SitePrivacy,
  { chain, view, spec, dataset }: { chain: ChainReader; view: TaskView; spec: TaskSpec; dataset: Dataset },
): Promise<DataBudget> {
  const { rows, source } = await identify(dataFile, dataset);
  const network = `${endpoint.chainId}-${endpoint.coordinator.toLowerCase()}`;
  const cost = taskCost(spec, view.parameters, { task: task.toString(), network });
  if (cost.protects === undefined && !withoutNoise) {
    throw new MurmurError(
      'refused',
      'something that this task releases has no noise: nothing bounds what it tells about the data',
      {
        hint: 'If that is all right for these data, say so with --without-noise.',
      },
    );
  }
  const budget = openDataBudget({ store: book, rows, spec, cost, wallet: wallet.address, now: systemClock.now });
  await budget.describe(source, limit);
  await budget.checkTask(await placeOf(chain, view, signal));
  return budget;
}

function timed(trainer: TrainerPort, onTrained: HospitalOptions['onTrained']): TrainerPort {
  return {
    backend: trainer.backend,
    predict: (...rows) => trainer.predict(...rows),
    async train(job) {
      const startedAtMs = performance.now();
      const result = await trainer.train(job);
      // Only a round's own training tells its steps; the model that a site trains alone is no part of the round.
      if (job.onStep) onTrained?.(performance.now() - startedAtMs);
      return result;
    },
  };
}

/** A client that reads blobs and messages, for whoever has no session. */
export function readOnlyRelay(url: string, sender: Sender, task: bigint): RelayClient {
  return new RelayClient({ url, sender, clock: systemClock, task });
}

/** A wallet from its 32-byte key. */
export function walletOf(key: Uint8Array): LocalAccount {
  return privateKeyToAccount(toHex(key));
}
