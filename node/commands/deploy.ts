/** `murmur deploy`: puts the contracts on Base or Base Sepolia, with drand's evmnet as the beacon; or rehearses that on a local chain. */
import { Command, Option } from 'commander';
import { createPublicClient, http, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Addresses, addressesFor, type DeployParameters, DRAND_EVMNET } from '../../contracts-abi/addresses.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { ANVIL_KEY, startAnvil } from '../anvil.ts';
import { deploy } from '../deploy.ts';
import { walletOf } from '../hospital.ts';
import { printJson, printLine } from '../output.ts';
import { keepSecret } from '../state-folder.ts';
import { addressOption, flockOption, keyFileOption, urlOption } from './options.ts';

const CHAINS = { base: 8453, 'base-sepolia': 84532 } as const;

interface Options {
  readonly chain: keyof typeof CHAINS;
  readonly rpc?: string;
  readonly key?: string;
  readonly treasury: `0x${string}`;
  readonly genesisTo: `0x${string}`;
  readonly genesis: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function deployCommand(): Command {
  return new Command('deploy')
    .description('Put token, beacon and coordinator on a chain, where they are not there already.')
    .addOption(new Option('--chain <name>', 'which chain').choices(Object.keys(CHAINS)).makeOptionMandatory())
    .requiredOption('--treasury <address>', 'gets the bonds of disputed sums', addressOption)
    .requiredOption('--genesis-to <address>', 'gets the FLOCK that exists from the start', addressOption)
    .option('--genesis <flock>', 'how much that is', flockOption, '100000000')
    .option('--rpc <url>', 'endpoint of the chain', urlOption)
    .option('--key <file>', 'file with the private key that pays', keyFileOption)
    .option('--dry-run', "rehearse on a local chain with that chain's id; needs neither endpoint nor key")
    .option('--json', 'the addresses as JSON')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const parameters: DeployParameters = {
    beacon: DRAND_EVMNET,
    genesis: [{ to: options.genesisTo, amount: parseEther(options.genesis) }],
    treasury: options.treasury,
  };
  const chainId = CHAINS[options.chain];
  const addresses = options.dryRun ? await rehearse(chainId, parameters) : await deployTo(chainId, options, parameters);
  if (options.json) printJson({ chainId, dryRun: options.dryRun === true, ...addresses });
  else for (const [name, address] of Object.entries(addresses)) printLine(`${name.padEnd(12)} ${address}`);
}

async function rehearse(chainId: number, parameters: DeployParameters): Promise<Addresses> {
  const anvil = await startAnvil(['--chain-id', `${chainId}`]);
  try {
    const account = privateKeyToAccount(ANVIL_KEY);
    return await deploy({ rpcUrl: anvil.rpcUrl, account, parameters, pollingIntervalMs: 20 });
  } finally {
    await anvil.stop();
  }
}

async function deployTo(chainId: number, { rpc, key }: Options, parameters: DeployParameters): Promise<Addresses> {
  if (rpc === undefined || key === undefined) {
    throw new MurmurError('bad-input', 'an endpoint and a key are needed', {
      hint: 'Give --rpc and --key, or --dry-run.',
    });
  }
  const found = await createPublicClient({ transport: http(rpc) })
    .getChainId()
    .catch((cause: unknown) => {
      throw new MurmurError('unreachable', 'the chain does not answer', {
        hint: 'Is the endpoint right and up?',
        cause,
      });
    });
  if (found !== chainId) {
    throw new MurmurError('bad-input', `the endpoint is of chain ${found}, not ${chainId}`, {
      hint: `Nothing was sent. The contracts would be at ${addressesFor(parameters).coordinator}.`,
    });
  }
  const secret = await keepSecret(key, () => {
    throw new MurmurError('not-found', `there is no key at ${key}`);
  });
  return deploy({ rpcUrl: rpc, account: walletOf(secret), parameters });
}
