/** A relay on loopback over a folder, with signed-up participants: what the tests of the wire begin with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { TaskParameters } from '../../src/protocol/views.ts';
import { createLedger, type Ledger } from '../../src/network/ledger.ts';
import { RelayClient, type RelayClientParts } from '../../src/network/relay-client.ts';
import { createSender, type FetchFn } from '../../src/network/sender.ts';
import type { SocketLike } from '../../src/network/message-stream.ts';
import { type RelayParts, type RunningRelay, startRelay, systemClock } from '../server/start.ts';
import { ChainStub } from './chain-stub.ts';
import { Cohort } from './cohort.ts';
import { type RealSigner, realSigner } from './real-signer.ts';

const SITES = 4;

export interface Fixture {
  readonly chain: ChainStub;
  readonly cohort: Cohort;
  readonly signers: readonly RealSigner[];
  readonly ledger: Ledger;
  relay: RunningRelay;
  /** Stops the relay and starts it again on the same folder and port. */
  restart(): Promise<void>;
  /** A client of the registration; `fetch` lets a test break its connections. */
  client(registrationId: number, parts?: Partial<RelayClientParts>, fetch?: FetchFn): RelayClient;
  /** A bearer token of the registration, for tests that speak HTTP themselves. */
  token(registrationId: number): Promise<string>;
  close(): Promise<void>;
}

export const openSocket = (url: string): SocketLike => new WebSocket(url) as unknown as SocketLike;

export async function startFixture(
  parts: Partial<RelayParts> = {},
  parameters: Partial<TaskParameters> = {},
): Promise<Fixture> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'murmur-relay-'));
  const chain = new ChainStub(systemClock, { maxCohort: SITES, ...parameters });
  const signers = Array.from({ length: SITES }, (_, i) => realSigner(chain.domain, i));
  const task = chain.addTask(signers.map(({ address }) => address));
  const ledger = createLedger();
  const clients = new Set<RelayClient>();
  const options = { pollMs: 20, batchDelayMs: 100, gatherMs: 100, viewMaxAgeMs: 0, ...parts.options };
  const start = (port: number) => startRelay({ ...parts, chain, dataFolder, port, options });
  const fixture: Fixture = {
    chain,
    signers,
    ledger,
    cohort: new Cohort(task, signers),
    relay: await start(0),
    async restart() {
      const port = Number(new URL(fixture.relay.url).port);
      await fixture.relay.close();
      fixture.relay = await start(port);
    },
    client(registrationId, clientParts = {}, fetch) {
      const signer = signers[registrationId] as RealSigner;
      const client = new RelayClient({
        url: fixture.relay.url,
        sender: createSender(fetch === undefined ? { ledger } : { ledger, fetch }),
        clock: systemClock,
        task,
        signIn: async (issuedAt) => ({
          registrationId,
          signature: await signer.signIn(task, registrationId, issuedAt),
        }),
        retry: { firstPauseMs: 10, longestPauseMs: 200 },
        ...clientParts,
      });
      clients.add(client);
      return client;
    },
    async token(registrationId) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const signature = await (signers[registrationId] as RealSigner).signIn(task, registrationId, issuedAt);
      const body = JSON.stringify({ task: task.toString(), registrationId, issuedAt, signature });
      const send = createSender({ ledger: createLedger() }).fetchAs('sign-in');
      const response = await send(`${fixture.relay.url}/v1/sessions`, { method: 'POST', body });
      return ((await response.json()) as { token: string }).token;
    },
    async close() {
      for (const client of clients) client.close();
      await fixture.relay.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
  return fixture;
}
