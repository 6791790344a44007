/**
 * The local network on other kinds of data than the heart task's table: pictures of ten classes, messages, sensor readings, and a model
 * that writes characters. Each trains one or two rounds, none of them void for want of time, and verifies.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exampleNamed } from '../../node/example-task.ts';
import { readOnlyRelay } from '../../node/hospital.ts';
import { FOR_PROGRAMS, startNetwork } from '../../node/network.ts';
import type { NetworkResult } from '../../node/result.ts';
import type { SiteRound } from '../../node/sites.ts';
import { verifyTask } from '../../src/aggregation/verify.ts';
import { VoidReason } from '../../src/protocol/phases.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { shortSms, shortWriter } from '../short-tasks.ts';

const LONGEST_MS = 170_000;
/** Ten digits, about as many of each. */
const CHANCE = 0.1;

interface Trained {
  readonly result: NetworkResult;
  readonly rounds: readonly SiteRound[];
}

async function trained(id: string, trainingRounds: number, spec?: () => TaskSpec): Promise<Trained> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'murmur-kinds-'));
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }));
  const signal = AbortSignal.timeout(LONGEST_MS);
  const troubles: string[] = [];
  const rounds: SiteRound[] = [];
  const example = exampleNamed(id);
  const network = await startNetwork({
    stateFolder,
    port: 0,
    rpcPort: 0,
    example: spec === undefined ? example : { ...example, spec },
    trainingRounds,
    pace: FOR_PROGRAMS,
    onReady: () => undefined,
    onTask: () => undefined,
    onRound: (round) => rounds.push(round),
    onTrouble: (who, message) => troubles.push(`${who}: ${message}`),
    signal,
  });
  try {
    const { task, spec: made } = await network.openTask();
    await network.train(task);
    const { creator, sender } = network.chain;
    expect((await creator.task(task, signal)).status, troubles.join('\n')).toBe('finished');
    const source = readOnlyRelay(network.url, sender, task);
    const { matches } = await verifyTask({ chain: creator, source, task, fromVectors: true, signal });
    expect(matches).toBe(true);
    const result = await network.result(task, made);
    expect(result.rounds).toBe(trainingRounds);
    expect(result.recomputedModelHash).toBe(result.chainModelHash);
    expect(result).not.toHaveProperty('alone');
    // On a busy machine a join window of two seconds may pass before three sites have joined; what a round costs plays no part in that.
    const voids = rounds.flatMap(({ summary: { reason } }) => (reason === 0 ? [] : [reason]));
    expect(voids.filter((reason) => reason !== VoidReason.TooFewJoined)).toEqual([]);
    return { result, rounds };
  } finally {
    await network.stop();
  }
}

test('digits, read better than chance', async () => {
  const { result, rounds } = await trained('optdigits', 2);
  expect(result.parameters).toBe(65 * 32 + 33 * 10);
  expect(result.accuracy).toBeGreaterThan(5 * CHANCE);
  expect(result.f1).toBeGreaterThan(CHANCE);
  expect(result).not.toHaveProperty('auc');
  expect(rounds.some(({ trainingMs }) => trainingMs > 0)).toBe(true);
});

test('messages, spam or not', async () => {
  const { result } = await trained('sms', 1, shortSms);
  expect(result.accuracy).toBeGreaterThan(0.5);
  expect(result.auc).toBeGreaterThan(0);
});

test('sensor readings, and a number that follows', async () => {
  const { result } = await trained('forecast', 1);
  // The readings vary by some 80 µg/m³.
  expect(result.rmse).toBeLessThan(80);
});

test('characters that follow', async () => {
  const { result } = await trained('sms-writer', 1, shortWriter);
  // 68 codes, none more likely than another, are log2(68) = 6.1 bits.
  expect(result.bitsPerCharacter).toBeGreaterThan(0);
  expect(result.bitsPerCharacter).toBeLessThan(7);
});
