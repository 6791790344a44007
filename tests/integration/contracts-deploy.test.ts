/**
 * node/deploy.ts on chains with the ids that Murmur is for: everything is where addressesFor() says, a second run changes nothing,
 * and play money exists on the local chain only.
 */
import {
  type Chain,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  parseEther,
  type PublicClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allianceCoordinatorAbi, beaconBn254Abi, flockAbi } from '../../contracts-abi/abi.ts';
import { type Addresses, addressesFor, type DeployParameters, DRAND_EVMNET } from '../../contracts-abi/addresses.ts';
import { type Anvil, ANVIL_KEY, startAnvil } from '../../node/anvil.ts';
import { deploy } from '../../node/deploy.ts';
import { createFaucet } from '../../node/faucet.ts';
import { systemClock } from '../../relay/server/start.ts';
import { revertName } from '../../src/chain/revert-words.ts';
import { createLedger } from '../../src/network/ledger.ts';
import { createSender } from '../../src/network/sender.ts';
import { TREASURY } from './support-chain.ts';

const DEPLOYER = privateKeyToAccount(ANVIL_KEY);
const HOLDER: Hex = `0x${'f1'.repeat(20)}`;
const EIP_170_BYTES = 24_576;
const parameters: DeployParameters = {
  beacon: DRAND_EVMNET,
  genesis: [
    { to: HOLDER, amount: parseEther('5') },
    { to: DEPLOYER.address, amount: parseEther('3000') },
  ],
  treasury: TREASURY,
};

describe.each([31337, 84532, 8453])('on chain %i', (chainId) => {
  const local = chainId === 31337;
  let anvil: Anvil;
  let reader: PublicClient;
  let addresses: Addresses;

  beforeAll(async () => {
    anvil = await startAnvil(['--chain-id', `${chainId}`]);
    reader = createPublicClient({ transport: http(anvil.rpcUrl) });
    addresses = await deployed();
  });
  afterAll(() => anvil?.stop());

  const deployed = (more: Partial<DeployParameters> = {}) =>
    deploy({
      rpcUrl: anvil.rpcUrl,
      account: DEPLOYER,
      parameters: { ...parameters, ...more },
      pollingIntervalMs: 20,
    });
  const sizeOf = async (address: Hex) => (((await reader.getCode({ address })) ?? '0x').length - 2) / 2;

  test('the contracts are where addressesFor() says, and small enough for any chain', async () => {
    expect(addresses).toEqual(addressesFor(parameters));
    for (const address of Object.values(addresses)) {
      const bytes = await sizeOf(address);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(EIP_170_BYTES);
    }
  });

  test('they know each other, the treasury and drand', async () => {
    const coordinator = { address: addresses.coordinator, abi: allianceCoordinatorAbi } as const;
    const beacon = { address: addresses.beacon, abi: beaconBn254Abi } as const;
    expect(await reader.readContract({ ...coordinator, functionName: 'token' })).toBe(addresses.flock);
    expect(await reader.readContract({ ...coordinator, functionName: 'beacon' })).toBe(addresses.beacon);
    expect((await reader.readContract({ ...coordinator, functionName: 'treasury' })).toLowerCase()).toBe(TREASURY);
    expect(await reader.readContract({ ...beacon, functionName: 'publicKey' })).toEqual(DRAND_EVMNET.publicKey);
    expect(await reader.readContract({ ...beacon, functionName: 'genesis' })).toBe(DRAND_EVMNET.genesis);
    expect(await reader.readContract({ ...beacon, functionName: 'periodSeconds' })).toBe(DRAND_EVMNET.periodSeconds);
    expect(await reader.readContract({ ...beacon, functionName: 'delaySeconds' })).toBe(DRAND_EVMNET.delaySeconds);
    expect(await balanceOf(HOLDER)).toBe(parseEther('5'));
  });

  test('a second run sends nothing', async () => {
    const before = await reader.getTransactionCount({ address: DEPLOYER.address });
    expect(await deployed()).toEqual(addresses);
    expect(await reader.getTransactionCount({ address: DEPLOYER.address })).toBe(before);
  });

  test('another treasury is another coordinator, on the token and the beacon that are there', async () => {
    const before = await reader.getTransactionCount({ address: DEPLOYER.address });
    const second = await deployed({ treasury: HOLDER });
    expect(second).toEqual({ ...addresses, coordinator: second.coordinator });
    expect(second.coordinator).not.toBe(addresses.coordinator);
    expect(await reader.getTransactionCount({ address: DEPLOYER.address })).toBe(before + 1);
  });

  test('the token’s faucet mints on the local chain only', async () => {
    const data = encodeFunctionData({ abi: flockAbi, functionName: 'faucet', args: [parseEther('10')] });
    const chain = { id: chainId } as Chain;
    const writer = createWalletClient({ account: DEPLOYER, transport: http(anvil.rpcUrl) });
    const before = await balanceOf(DEPLOYER.address);
    const hash = await writer.sendTransaction({ to: addresses.flock, data, gas: 200_000n, chain });
    const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    expect(status).toBe(local ? 'success' : 'reverted');
    expect((await balanceOf(DEPLOYER.address)) - before).toBe(local ? parseEther('10') : 0n);
    expect(await faucetError()).toBe(local ? undefined : 'FaucetOnlyOnLocalChain');
  });

  test('the node’s faucet gives on the local chain only', async () => {
    const endpoint = { chainId, rpcUrl: anvil.rpcUrl, coordinator: addresses.coordinator, flock: addresses.flock };
    const sender = createSender({ ledger: createLedger() });
    const fund = createFaucet({ endpoint, account: DEPLOYER, sender, clock: systemClock });
    const guest: Hex = `0x${'9e'.repeat(20)}`;
    const gave = await fund(guest).then(
      () => true,
      () => false,
    );
    expect(gave).toBe(local);
    const given = [await reader.getBalance({ address: guest }), await balanceOf(guest)];
    expect(given.map((amount) => amount > 0n)).toEqual([local, local]);
  });

  function balanceOf(owner: Hex): Promise<bigint> {
    return reader.readContract({ address: addresses.flock, abi: flockAbi, functionName: 'balanceOf', args: [owner] });
  }

  async function faucetError(): Promise<string | undefined> {
    const faucet = { address: addresses.flock, abi: flockAbi, functionName: 'faucet', args: [1n] } as const;
    return reader.simulateContract({ ...faucet, account: DEPLOYER }).then(() => undefined, revertName);
  }
});

test('a chain without the deployment proxy is named as such', async () => {
  const anvil = await startAnvil(['--chain-id', '8453', '--disable-default-create2-deployer']);
  try {
    const attempt = deploy({ rpcUrl: anvil.rpcUrl, account: DEPLOYER, parameters });
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported' });
  } finally {
    await anvil.stop();
  }
});

test('an endpoint that does not answer is unreachable', async () => {
  const attempt = deploy({ transport: http('http://127.0.0.1:9', { retryCount: 0 }), account: DEPLOYER, parameters });
  await expect(attempt).rejects.toMatchObject({ code: 'unreachable' });
});
