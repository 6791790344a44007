/** `murmur relay`: a relay of its own, for a chain that is there already. docs/relay.md describes it, docs/operating.md how to run it. */
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { parseEther } from 'viem';
import { createAggregator } from '../../relay/aggregator.ts';
import { failureResponse } from '../../relay/server/failures.ts';
import { startRelay } from '../../relay/server/start.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { secureRandom } from '../../src/core/random.ts';
import { connectChain } from '../chain-access.ts';
import { connect } from '../connect.ts';
import { drandBeacon } from '../drand.ts';
import { walletOf } from '../hospital.ts';
import { note, printJson, printLine } from '../output.ts';
import { AGGREGATOR_WORKER } from '../places.ts';
import { keepSecret, lockFolder } from '../state-folder.ts';
import { addressOption, flockOption, folderOption, keyFileOption, portOption, urlOption } from './options.ts';
import { withSignals } from './signals.ts';

interface Options {
  readonly rpc: string;
  readonly coordinator: `0x${string}`;
  readonly key: string;
  readonly data: string;
  readonly port?: number;
  readonly host: string;
  readonly beacon?: string;
  readonly deposit?: string;
  readonly json?: boolean;
}

export function relayCommand(): Command {
  return new Command('relay')
    .description(
      'Carry tasks of a coordinator contract: bytes, logs, batches, sums. Ctrl-C stops it; a restart loses nothing.',
    )
    .requiredOption('--rpc <url>', 'endpoint of the chain', urlOption)
    .requiredOption('--coordinator <address>', 'the coordinator contract', addressOption)
    .requiredOption(
      '--key <file>',
      'file with the private key that pays for transactions; made when missing',
      keyFileOption,
    )
    .requiredOption('--data <folder>', 'where blobs and logs lie', folderOption)
    .option('--port <n>', 'port (default: a free one)', portOption)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--beacon <url>',
      'drand HTTP endpoint with its chain hash; without it somebody else posts the beacon',
      urlOption,
    )
    .option('--deposit <flock>', 'FLOCK to add to the deposit for bonds of sums at the start', flockOption)
    .option('--json', 'lines of JSON')
    .action(async (options: Options) => {
      await withSignals((signal) => serve(options, signal));
    });
}

async function serve(options: Options, signal: AbortSignal): Promise<void> {
  const { rpc, coordinator, data, json } = options;
  const unlock = await lockFolder(data);
  try {
    const { endpoint, sender } = await connect({ rpc, coordinator, relay: rpc, state: data });
    const account = walletOf(await keepSecret(options.key, () => secureRandom(32)));
    const chain = connectChain(endpoint, sender, account);
    if (options.deposit !== undefined) {
      const amount = parseEther(options.deposit);
      await chain.approve(endpoint.flock, amount, signal);
      await chain.deposit(amount, signal);
    }
    const aggregator = createAggregator({ chain, workerScript: pathToFileURL(AGGREGATOR_WORKER) });
    const description = { ...endpoint, relayUrl: '', beacon: `0x${'00'.repeat(20)}`, openTask: '0', local: false };
    const relay = await startRelay({
      chain,
      dataFolder: data,
      port: options.port ?? 0,
      host: options.host,
      beacon: options.beacon === undefined ? undefined : drandBeacon(options.beacon, sender),
      aggregate: (core, ...round) => aggregator.aggregate(core, ...round),
      fetchFallback: (request) => answer(request, description),
      onEvent: (event) => {
        if (json) printJson(event);
        else if (event.kind === 'error') note(`${event.during}: ${event.error.message}`);
        else printLine(`task ${event.task} round ${event.round}: ${event.kind}`);
      },
      onFault: (error) => note(error instanceof Error ? error.message : String(error)),
    });
    if (json) printJson({ url: relay.url, account: account.address });
    else printLine(`relay at ${relay.url}, paying from ${account.address}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await relay.close();
    await aggregator.close();
  } finally {
    await unlock();
  }
}

/** Lets `--relay URL` be enough for the other commands. */
function answer(request: Request, description: object): Response {
  const { pathname } = new URL(request.url);
  if (request.method === 'GET' && pathname === '/network.json') return Response.json(description);
  return failureResponse(new MurmurError('not-found', `there is nothing at ${pathname.slice(0, 200)}`));
}
