/** Deployment on the local chain and, as a dry run, on chains with the ids and the beacon of Base Sepolia and Base. */
import { createPublicClient, createTestClient, http, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { afterEach, describe, expect, it } from 'vitest';
import { allianceCoordinatorAbi, beaconBn254Abi, flockAbi } from '../../contracts-abi/abi.ts';
import { addressesFor, DEPLOYMENT_PROXY, type DeployParameters, DRAND_EVMNET } from '../../contracts-abi/addresses.ts';
import { type Anvil, ANVIL_KEY, startAnvil } from '../../node/anvil.ts';
import { deploy } from '../../node/deploy.ts';
import { beaconPublicKey } from '../../node/local-beacon.ts';
import { uintBytes } from '../../src/core/bytes.ts';

const account = privateKeyToAccount(ANVIL_KEY);
const holder = '0x00000000000000000000000000000000000000aa';
const treasury = '0x00000000000000000000000000000000000000bb';
const genesis = [{ to: holder, amount: parseEther('250000000') }] as const;
const LOCAL: DeployParameters = {
  beacon: { publicKey: beaconPublicKey(uintBytes(7n, 32)), genesis: 1n, periodSeconds: 2, delaySeconds: 0 },
  genesis,
  treasury,
};
const BASE: DeployParameters = { beacon: DRAND_EVMNET, genesis, treasury };
/** drand evmnet, round 1: its signature and randomness. */
const ROUND_1 = {
  signature:
    '0x11f812d738a36b2210dc88c2d635ad8039588205f42445d6de09e6530165c3462a23aca348c84badcf8df5321ac24577b7963d5b0d780bc4626baedb45cde373',
  randomness: '0x781b75698adc3af62cfa55db83cf0c73ae54e1ac8c0d4c3a2224126b65369ec5',
} as const;

let anvil: Anvil | undefined;
afterEach(async () => {
  await anvil?.stop();
  anvil = undefined;
});

async function chain(id: number) {
  anvil = await startAnvil(['--chain-id', `${id}`]);
  const { rpcUrl } = anvil;
  return {
    reader: createPublicClient({ transport: http(rpcUrl), cacheTime: 0 }),
    run: (parameters: DeployParameters) => deploy({ rpcUrl, account, parameters, pollingIntervalMs: 20 }),
    test: createTestClient({ mode: 'anvil', chain: { ...foundry, id }, transport: http(rpcUrl) }),
  };
}

describe.each([
  ['the local chain', 31_337, LOCAL],
  ['Base Sepolia', 84_532, BASE],
  ['Base', 8_453, BASE],
] as const)('on %s', (_, id, parameters) => {
  it('puts the contracts where their parameters say, wired to each other', async () => {
    const { reader, run } = await chain(id);
    const addresses = await run(parameters);
    expect(addresses).toEqual(addressesFor(parameters));
    const coordinator = { address: addresses.coordinator, abi: allianceCoordinatorAbi } as const;
    expect(await reader.readContract({ ...coordinator, functionName: 'token' })).toBe(addresses.flock);
    expect(await reader.readContract({ ...coordinator, functionName: 'beacon' })).toBe(addresses.beacon);
    expect((await reader.readContract({ ...coordinator, functionName: 'treasury' })).toLowerCase()).toBe(treasury);
    const flock = { address: addresses.flock, abi: flockAbi } as const;
    expect(await reader.readContract({ ...flock, functionName: 'balanceOf', args: [holder] })).toBe(genesis[0].amount);
    expect(await reader.readContract({ ...flock, functionName: 'totalSupply' })).toBe(genesis[0].amount);
  });

  it('changes nothing when it runs again', async () => {
    const { reader, run } = await chain(id);
    const addresses = await run(parameters);
    const height = await reader.getBlockNumber();
    expect(await run(parameters)).toEqual(addresses);
    expect(await reader.getBlockNumber()).toBe(height);
  });
});

describe('deploy', () => {
  it('verifies drand where Base would, and gives play money only on the local chain', async () => {
    const { reader, run } = await chain(8_453);
    const addresses = await run(BASE);
    const verified = await reader.readContract({
      address: addresses.beacon,
      abi: beaconBn254Abi,
      functionName: 'verify',
      args: [1n, ROUND_1.signature],
    });
    expect(verified).toBe(ROUND_1.randomness);
    const faucet = { address: addresses.flock, abi: flockAbi, functionName: 'faucet', args: [1n], account } as const;
    await expect(reader.simulateContract(faucet)).rejects.toThrow(/FaucetOnlyOnLocalChain/);
  });

  it('gives every chain the same addresses for the same parameters', async () => {
    const sepolia = await (await chain(84_532)).run(BASE);
    await anvil?.stop();
    expect(await (await chain(8_453)).run(BASE)).toEqual(sepolia);
    expect(addressesFor({ ...BASE, treasury: holder }).coordinator).not.toBe(sepolia.coordinator);
  });

  it('goes on where an earlier run broke off', async () => {
    const { reader, run, test } = await chain(31_337);
    const addresses = await run(LOCAL);
    await test.setCode({ address: addresses.coordinator, bytecode: '0x' });
    await test.setNonce({ address: addresses.coordinator, nonce: 0 });
    const height = await reader.getBlockNumber();
    expect(await run(LOCAL)).toEqual(addresses);
    expect(await reader.getBlockNumber()).toBe(height + 1n);
  });

  it('says so when the chain has no deployment proxy, or does not answer', async () => {
    const { run, test } = await chain(31_337);
    await test.setCode({ address: DEPLOYMENT_PROXY, bytecode: '0x' });
    await expect(run(LOCAL)).rejects.toMatchObject({ code: 'unsupported' });
    const nobody = { rpcUrl: 'http://127.0.0.1:9', account, parameters: LOCAL };
    await expect(deploy(nobody)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(deploy({ account, parameters: LOCAL })).rejects.toMatchObject({ code: 'bad-input' });
  });
});
