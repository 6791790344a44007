/** The sites of the local network (four hospitals by default), side by side in this process, training on its threads. Each has its own wallet, keys, journal and connections. */
import { join } from 'node:path';
import { systemClock } from '../relay/server/start.ts';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { hasCode, toErrorData } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import type { Example } from '../src/dataset/examples/index.ts';
import { isForChain } from '../src/network/kinds.ts';
import { createLedger, type Ledger } from '../src/network/ledger.ts';
import type { ParticipationStatus, RoundSummary } from '../src/session/status.ts';
import type { ChainEndpoint } from './chain-access.ts';
import type { DeploymentPlaces } from './deployment.ts';
import type { Fund } from './faucet.ts';
import { openHospital, type SessionPace, walletOf } from './hospital.ts';
import { PUBLIC_FOLDER } from './places.ts';
import { keepSecret } from './state-folder.ts';
import type { TrainerThreads } from './trainer-threads.ts';

export interface SiteRound {
  readonly site: string;
  readonly task: bigint;
  readonly summary: RoundSummary;
  /** what the site sent to the relay since its last round ended: messages, key shares, masked vector */
  readonly bytesUp: number;
  /** the local training of this round; 0 where there was none */
  readonly trainingMs: number;
}

export interface SitesParts {
  readonly endpoint: ChainEndpoint;
  readonly relayUrl: string;
  readonly stateFolder: string;
  readonly places: DeploymentPlaces;
  readonly reader: AllianceClient;
  readonly fund: Fund;
  readonly pace: SessionPace;
  readonly trainers: TrainerThreads;
  readonly onRound: (round: SiteRound) => void;
  readonly onTrouble: (site: string, message: string) => void;
}

/** What the sites said of their rounds, added up. */
export class SiteTally {
  readonly #rounds: SiteRound[] = [];

  add(round: SiteRound): void {
    if (this.#rounds[0]?.task !== round.task) this.#rounds.length = 0;
    this.#rounds.push(round);
  }

  /** Mean bytes of a site in a training round, and the model that all sites ended with ('' when they differ). */
  of(task: bigint): { bytesUpPerSiteRound: number; modelHash: string } {
    const rounds = this.#rounds.filter((round) => round.task === task);
    const sizes = rounds.filter(({ summary }) => summary.kind === 'training').map(({ bytesUp }) => bytesUp);
    const lastRound = Math.max(0, ...rounds.map(({ summary }) => summary.round));
    const models = new Set(rounds.flatMap(({ summary }) => (summary.round === lastRound ? summary.modelHash : [])));
    const [model = ''] = models;
    return {
      bytesUpPerSiteRound: Math.round(sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length)),
      modelHash: models.size === 1 ? model : '',
    };
  }
}

/** Pause before a site that failed tries again. */
const RETRY_MS = 3_000;

/** Runs all sites of the example until the task has ended or the signal aborts. Each ends with its own last state; none stops another. */
export async function runSites(
  parts: SitesParts,
  sites: Example['sites'],
  task: bigint,
  signal: AbortSignal,
): Promise<readonly (ParticipationStatus | undefined)[]> {
  return Promise.all(sites.map((site) => runSite(parts, site, task, signal)));
}

async function runSite(
  parts: SitesParts,
  { id, path }: Example['sites'][number],
  task: bigint,
  signal: AbortSignal,
): Promise<ParticipationStatus | undefined> {
  const ledger = createLedger({ capacity: 200 });
  const seen = new Set<number>();
  let sentBefore = 0;
  let trainingMs = 0;
  const onStatus = (status: ParticipationStatus) => {
    const summary = status.history.at(-1);
    if (summary === undefined || seen.has(summary.round)) return;
    seen.add(summary.round);
    const sent = bytesToRelay(ledger);
    parts.onRound({ site: id, task, summary, bytesUp: sent - sentBefore, trainingMs });
    sentBefore = sent;
    trainingMs = 0;
  };
  while (!signal.aborted) {
    try {
      const key = await keepSecret(join(parts.stateFolder, 'sites', id, 'wallet.key'), () => secureRandom(32));
      const wallet = walletOf(key);
      await giveMoneyOnce(parts, wallet.address, signal);
      const hospital = await openHospital({
        task,
        endpoint: parts.endpoint,
        relayUrl: parts.relayUrl,
        wallet,
        dataFile: join(PUBLIC_FOLDER, path),
        folder: parts.places.siteFolder(id),
        pace: parts.pace,
        trainers: parts.trainers,
        // Nobody looks at it: a person with a file of their own compares.
        comparesAlone: false,
        ledger,
        onTrained: (durationMs) => {
          trainingMs = durationMs;
        },
        onStatus,
        signal,
      });
      return await hospital.run();
    } catch (error) {
      if (signal.aborted) return undefined;
      parts.onTrouble(id, toErrorData(error).message);
      // The task ended while this site was away: there is nothing left to take part in.
      if (hasCode(error, 'refused') && (await hasEnded(parts.reader, task))) return undefined;
      await systemClock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
  return undefined;
}

/** A stake and a bond leave the wallet with every task, so it is filled up when it runs low. */
async function giveMoneyOnce(
  { reader, endpoint, fund }: SitesParts,
  wallet: `0x${string}`,
  signal: AbortSignal,
): Promise<void> {
  const { parameters } = await reader.task(await reader.taskCount(signal), signal);
  const held = await reader.balance(endpoint.flock, wallet, signal);
  if (held < parameters.stake + parameters.sumBond) await fund(wallet.toLowerCase() as `0x${string}`);
}

async function hasEnded(reader: AllianceClient, task: bigint): Promise<boolean> {
  const view = await reader.task(task).catch(() => undefined);
  return view !== undefined && view.status !== 'running';
}

/** Bytes of all request bodies that went to the relay; questions to the chain are not counted. */
function bytesToRelay(ledger: Ledger): number {
  let sum = 0;
  for (const [kind, { sizeBytes }] of ledger.totals()) if (!isForChain(kind)) sum += sizeBytes;
  return sum;
}
