/** What AllianceClient says about writes: too late and twice are no errors, a lost race neither, and every refusal has words. */
import { custom, http, parseEther, type Transport } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AllianceClient } from '../../src/chain/alliance-client.ts';
import { sessionAddress, signRegistration } from '../../src/chain/keys.ts';
import { type Bytes, type Hex, uintBytes } from '../../src/core/bytes.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { beaconSignature, DEPLOYER, TestChain, walletNumber } from './support-chain.ts';
import { Cast, digestOf, MEMBERS, MODEL, PARAMETERS, requestFor, somebodyPosts, SUM } from './support-cast.ts';

const OTHER: Hex = `0x${'07'.repeat(32)}`;
const SESSION = sessionAddress(uintBytes(77n, 32));
/** A wallet with FLOCK and an allowance that is on no list. */
const STRANGER = MEMBERS;

let chain: TestChain;
beforeAll(async () => {
  chain = await TestChain.start(MEMBERS + 1);
});
afterAll(() => chain?.stop());

describe('too late, or twice', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await Cast.gather(chain);
  });

  test('opening a round that is open', async () => {
    await cast.client.open(cast.task);
    await cast.client.open(cast.task);
    expect((await cast.client.task(cast.task)).round).toBe(1);
  });

  test('a beacon and a sum before their phase', async () => {
    const { beaconRound } = await cast.client.round(cast.task, 1);
    await cast.client.postBeacon(cast.task, 1, beaconSignature(beaconRound));
    await cast.client.postSum(cast.task, 1, SUM, MODEL);
    expect((await cast.client.round(cast.task, 1)).phase).toBe(Phase.Join);
  });

  test('a record that is there, and one of a phase that is over', async () => {
    await cast.carryOn(1, Phase.Join, Phase.Ack);
    await cast.speak(1, Phase.Share);
    await cast.speak(1, Phase.Ack, [0]);
    await cast.speak(1, Phase.Ack, [0, 1]);
    expect((await cast.client.round(cast.task, 1)).acked).toBe(0b11n);
  });

  test('a beacon, and a sum after the sum', async () => {
    await cast.carryOn(1, Phase.Ack, Phase.Vote);
    await cast.client.postBeacon(cast.task, 1, new Uint8Array(64));
    await cast.client.postSum(cast.task, 1, OTHER, OTHER);
    const { sumRoot, modelHash } = await cast.client.round(cast.task, 1);
    expect([sumRoot, modelHash]).toEqual([SUM, MODEL]);
  });

  test('anything for a round that is not the newest, or a task that has ended', async () => {
    await cast.carryOn(1, Phase.Vote, Phase.Settled);
    await cast.reach(2, Phase.Settled);
    await cast.reach(3, Phase.Settled);
    expect((await cast.client.task(cast.task)).status).toBe('finished');
    await cast.client.open(cast.task);
    await cast.client.sync(cast.task);
    await cast.client.postSum(cast.task, 1, OTHER, OTHER);
    await cast.speak(2, Phase.Vote);
    expect((await cast.client.task(cast.task)).round).toBe(3);
  });

  test('but a registration for a task that has ended is refused, also when there is an older one', async () => {
    const request = await requestFor(chain, cast.task, 0, SESSION);
    const signature = await signRegistration(walletNumber(0), chain.domain, request);
    await expect(cast.client.register(request, signature)).rejects.toMatchObject({
      code: 'refused',
      details: { revert: 'TaskNotRunning' },
    });
  });
});

describe('a transaction that another one overtakes', () => {
  test('in a batch, somebody else’s copy of one record leaves the others accepted', async () => {
    const cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Share);
    const batch = await cast.records(1, Phase.Share, [0, 1, 2]);
    const client = chain.clientOf(
      DEPLOYER,
      overtaken(() => somebodyPosts(chain, cast.task, 1, Phase.Share, batch[1] as Bytes)),
    );
    await client.postRecords(cast.task, 1, Phase.Share, batch);
    expect((await client.round(cast.task, 1)).dealt).toBe(0b111n);
    const digests = await client.digests(cast.task, 1, Phase.Share);
    // The front-runner's came first.
    expect([...digests.keys()]).toEqual([1, 0, 2]);
    expect(digests.get(2)).toEqual(await digestOf(Phase.Share, 2, 1));
  });

  test('a round that somebody opens a moment before is open', async () => {
    const cast = await Cast.gather(chain);
    const client = chain.clientOf(
      DEPLOYER,
      overtaken(async () => {
        await chain.send(walletNumber(0).address, 'open', [cast.task]);
      }),
    );
    await client.open(cast.task);
    expect((await client.task(cast.task)).round).toBe(1);
  });

  test('a sum that loses the race is no error; the first one is voted on', async () => {
    const cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Sum);
    const client = chain.clientOf(
      DEPLOYER,
      overtaken(async () => {
        await chain.send(walletNumber(0).address, 'postSum', [cast.task, 1, OTHER, OTHER]);
      }),
    );
    await client.postSum(cast.task, 1, SUM, MODEL);
    expect((await client.round(cast.task, 1)).sumRoot).toBe(OTHER);
  });
});

describe('a refusal in words', () => {
  let listed: bigint;
  let staked: bigint;
  beforeAll(async () => {
    listed = (await Cast.gather(chain)).task;
    staked = await chain.client.createTask({ ...PARAMETERS, allowListed: false, stake: parseEther('10') }, OTHER);
  });
  const client = () => chain.client;

  async function register(task: bigint, wallet: number, more: object = {}, signer = walletNumber(wallet)) {
    const request = { ...(await requestFor(chain, task, wallet, SESSION)), ...more };
    return client().register(request, await signRegistration(signer, chain.domain, request));
  }

  test('a wallet that is not on the list', async () => {
    await expect(register(listed, STRANGER)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('not on the list'),
    });
  });

  test('a wallet that did not sign', async () => {
    await expect(register(listed, 0, {}, walletNumber(1))).rejects.toMatchObject({
      code: 'bad-signature',
      hint: 'Sign again with the same wallet.',
    });
  });

  test('a signature that came too late, an expiry that is over', async () => {
    await expect(register(listed, 0, { deadline: 1n })).rejects.toMatchObject({ code: 'timeout' });
    await expect(register(listed, 0, { expiry: 1n })).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('a registration that was sent already', async () => {
    await expect(register(listed, 0, { nonce: 0n })).rejects.toMatchObject({
      code: 'refused',
      details: { revert: 'InvalidAccountNonce' },
    });
  });

  test('a wallet without an allowance, and one without FLOCK', async () => {
    await client().approve(chain.addresses.flock, 0n);
    const request = { ...(await requestFor(chain, staked, 0, SESSION)), wallet: DEPLOYER.address };
    const nonced = { ...request, nonce: await client().registrationNonce(DEPLOYER.address) };
    const signature = await signRegistration(DEPLOYER, chain.domain, nonced);
    await expect(client().register(nonced, signature)).rejects.toMatchObject({
      code: 'refused',
      hint: 'Approve the stake first.',
    });
    const poor = privateKeyToAccount(generatePrivateKey());
    await chain.rpc('anvil_setBalance', [poor.address, `0x${parseEther('1').toString(16)}`]);
    const poorClient = chain.clientOf(poor);
    await poorClient.approve(chain.addresses.flock, parseEther('10'));
    const asked = { ...request, wallet: poor.address, nonce: 0n };
    const signed = await signRegistration(poor, chain.domain, asked);
    await expect(poorClient.register(asked, signed)).rejects.toMatchObject({
      code: 'refused',
      message: 'the wallet has too little FLOCK',
    });
  });

  test('an account without ETH', async () => {
    const broke = privateKeyToAccount(generatePrivateKey());
    await chain.rpc('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    await chain.rpc('evm_mine');
    await expect(chain.clientOf(broke).sync(listed)).rejects.toMatchObject({
      code: 'refused',
      message: 'the account has too little ETH for the fee',
    });
  });

  test('unknown ids, wrong parameters, a sum without a bond', async () => {
    await expect(client().task(999n)).rejects.toMatchObject({ code: 'not-found' });
    await expect(client().round(listed, 9)).rejects.toMatchObject({ code: 'not-found' });
    await expect(client().registration(listed, 999)).rejects.toMatchObject({ code: 'not-found' });
    await expect(client().open(999n)).rejects.toMatchObject({ code: 'not-found' });
    const tooFew = client().createTask({ ...PARAMETERS, minCohort: 2 }, OTHER);
    await expect(tooFew).rejects.toMatchObject({ code: 'bad-input' });
    await expect(client().claim(listed, 1, 0)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('no endpoint, no contract, no account', async () => {
    const { domain } = chain;
    const nowhere = http('http://127.0.0.1:9', { retryCount: 0 });
    const deaf = new AllianceClient({ domain, transport: nowhere, account: DEPLOYER });
    await expect(deaf.head()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(deaf.open(listed)).rejects.toMatchObject({ code: 'unreachable' });
    const lost = new AllianceClient({
      domain: { ...domain, coordinator: `0x${'01'.repeat(20)}` },
      transport: chain.transport,
    });
    await expect(lost.task(listed)).rejects.toMatchObject({ code: 'not-found' });
    const reader = new AllianceClient({ domain, transport: chain.transport });
    await expect(reader.open(listed)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(reader.open(listed, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

/** An endpoint through which somebody else's transaction gets into a block before every one of ours. */
function overtaken(first: () => Promise<void>): Transport {
  return custom(
    {
      async request({ method, params }: { method: string; params: readonly unknown[] }) {
        if (method === 'eth_sendRawTransaction') await first();
        return chain.rpc<unknown>(method, params);
      },
    },
    { retryCount: 0 },
  );
}
