/** Before anything is unmasked, two endpoints must show the same survivors in a safe block; on the local chain one is enough. */
import { custom, decodeFunctionResult, encodeFunctionResult, type Transport } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allianceCoordinatorAbi } from '../../contracts-abi/abi.ts';
import { AllianceClient } from '../../src/chain/alliance-client.ts';
import type { Hex } from '../../src/core/bytes.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { Cast, MEMBERS } from './support-cast.ts';
import { TestChain } from './support-chain.ts';

const EVERYBODY = 0b1111n;
/** Anvil's safe block is the last but so many. */
const SAFE_DEPTH = 3;

describe('on a public chain', () => {
  let chain: TestChain;
  let cast: Cast;
  beforeAll(async () => {
    chain = await TestChain.start(MEMBERS, 84532, ['--slots-in-an-epoch', `${SAFE_DEPTH}`]);
    cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Unmask);
  });
  afterAll(() => chain?.stop());

  const reader = (witness?: Transport) =>
    new AllianceClient({ domain: chain.domain, transport: chain.transport, witness });
  const survivors = (witness?: Transport) => reader(witness).survivors(cast.task, 1);

  test('survivors that are in no safe block yet are not known', async () => {
    expect((await reader().round(cast.task, 1)).phase).toBe(Phase.Unmask);
    await expect(survivors(chain.transport)).rejects.toMatchObject({ code: 'not-found' });
    for (let count = 0; count < SAFE_DEPTH; count++) await chain.rpc('evm_mine');
    expect(await survivors(chain.transport)).toMatchObject({ u2: EVERYBODY, u3: EVERYBODY });
  });

  test('they are those of the safe block, named by its hash', async () => {
    const safe = await chain.rpc<{ hash: Hex; number: Hex }>('eth_getBlockByNumber', ['safe', false]);
    const newest = await chain.rpc<{ hash: Hex }>('eth_getBlockByNumber', ['latest', false]);
    const { blockHash } = await survivors(chain.transport);
    expect(blockHash).toBe(safe.hash);
    expect(blockHash).not.toBe(newest.hash);
  });

  test('without a witness nothing is unmasked', async () => {
    await expect(survivors()).rejects.toMatchObject({
      code: 'refused',
      hint: 'Configure an endpoint that is not the relay’s.',
    });
  });

  test.each(['u2', 'u3'] as const)('a witness that shows another %s stops it', async (set) => {
    const witness = endpoint('eth_call', (answer) => {
      const view = decodeRound(answer as Hex);
      return encodeRound({ ...view, progress: { ...view.progress, [set]: 0b0111n } });
    });
    await expect(survivors(witness)).rejects.toMatchObject({ code: 'refused' });
  });

  test('a witness that is on another branch stops it', async () => {
    const witness = endpoint('eth_getBlockByNumber', (block) => ({
      ...(block as object),
      hash: `0x${'ba'.repeat(32)}`,
    }));
    await expect(survivors(witness)).rejects.toMatchObject({ code: 'refused' });
  });

  test('a witness that does not answer, or lacks the block, leaves it for later', async () => {
    const deaf = endpoint('eth_call', () => {
      throw new Error('connection refused');
    });
    await expect(survivors(deaf)).rejects.toMatchObject({ code: 'unreachable' });
    const behind = endpoint('eth_getBlockByNumber', () => null);
    await expect(survivors(behind)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('an own endpoint that lies is stopped by an honest witness', async () => {
    const liar = endpoint('eth_call', (answer) => {
      const view = decodeRound(answer as Hex);
      return encodeRound({ ...view, progress: { ...view.progress, u3: 0b0111n } });
    });
    const client = new AllianceClient({ domain: chain.domain, transport: liar, witness: chain.transport });
    await expect(client.survivors(cast.task, 1)).rejects.toMatchObject({ code: 'refused' });
  });

  /** An endpoint that answers one method in its own way. */
  function endpoint(method: string, answerOf: (answer: unknown) => unknown): Transport {
    return custom(
      {
        async request(call: { method: string; params: readonly unknown[] }) {
          const answer = await chain.rpc<unknown>(call.method, call.params);
          return call.method === method ? answerOf(answer) : answer;
        },
      },
      { retryCount: 0 },
    );
  }
});

test('on the local chain one endpoint and the newest block are enough', async () => {
  const chain = await TestChain.start(MEMBERS);
  try {
    const cast = await Cast.gather(chain);
    await cast.reach(1, Phase.Have);
    await expect(cast.client.survivors(cast.task, 1)).rejects.toMatchObject({ code: 'not-found' });
    await cast.speak(1, Phase.Have);
    const newest = await cast.client.head();
    expect(await cast.client.survivors(cast.task, 1)).toEqual({ u2: EVERYBODY, u3: EVERYBODY, blockHash: newest.hash });
  } finally {
    await chain.stop();
  }
});

function decodeRound(data: Hex) {
  return decodeFunctionResult({ abi: allianceCoordinatorAbi, functionName: 'getRound', data });
}

function encodeRound(view: ReturnType<typeof decodeRound>): Hex {
  return encodeFunctionResult({ abi: allianceCoordinatorAbi, functionName: 'getRound', result: view });
}
