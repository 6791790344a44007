/** The local network on another kind of data than the heart task's: pictures of ten classes, two training rounds, to the end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exampleNamed } from '../../node/example-task.ts';
import { readOnlyRelay } from '../../node/hospital.ts';
import { FOR_PROGRAMS, startNetwork } from '../../node/network.ts';
import { verifyTask } from '../../src/aggregation/verify.ts';

const LONGEST_MS = 85_000;
/** Ten digits, about as many of each. */
const CHANCE = 0.1;

test('trains the digits to the end, verifies, and reads them better than chance', async () => {
  const stateFolder = await mkdtemp(join(tmpdir(), 'murmur-kinds-'));
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }));
  const signal = AbortSignal.timeout(LONGEST_MS);
  const troubles: string[] = [];
  const network = await startNetwork({
    stateFolder,
    port: 0,
    rpcPort: 0,
    example: exampleNamed('optdigits'),
    trainingRounds: 2,
    pace: FOR_PROGRAMS,
    onReady: () => undefined,
    onTask: () => undefined,
    onRound: () => undefined,
    onTrouble: (who, message) => troubles.push(`${who}: ${message}`),
    signal,
  });
  try {
    const { task, spec } = await network.openTask();
    await network.train(task);
    const { creator, sender } = network.chain;
    expect((await creator.task(task, signal)).status, troubles.join('\n')).toBe('finished');

    const source = readOnlyRelay(network.url, sender, task);
    const { matches, rounds } = await verifyTask({ chain: creator, source, task, fromVectors: true, signal });
    expect(matches).toBe(true);
    expect(rounds.at(-1)?.metrics).toMatchObject({ kind: 'classes' });

    const result = await network.result(task, spec);
    expect(result).toMatchObject({ rounds: 2, parameters: 65 * 32 + 33 * 10 });
    expect(result.recomputedModelHash).toBe(result.chainModelHash);
    expect(result.accuracy).toBeGreaterThan(5 * CHANCE);
    expect(result.f1).toBeGreaterThan(CHANCE);
    expect(result).not.toHaveProperty('auc');
    expect(result).not.toHaveProperty('alone');
  } finally {
    await network.stop();
  }
}, 90_000);
