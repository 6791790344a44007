/** A running network with four hospitals for tests of tabs, and what the chain says of a tab in it: phases, rosters, survivors. */
import type { Page } from 'playwright-core';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import type { PhaseLengths } from '../../node/example-task.ts';
import { FOR_PEOPLE } from '../../node/network.ts';
import { has } from '../../src/core/bitmap.ts';
import { isOver, Phase, phaseName } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';

export interface LiveNetwork extends TemporaryNetwork {
  /** The newest round that is in the phase, or the given one when it is in it or past it. */
  reaches(phase: Phase, round?: number): Promise<RoundView>;
  ends(round: number): Promise<RoundView>;
  /** The next round after `after` that the wallet has joined, once its roster is fixed. */
  joinedRound(wallet: string, after: number): Promise<number>;
  /** Whether the wallet is in the round's sum. */
  counts(wallet: string, view: RoundView): Promise<boolean>;
}

export async function startLiveNetwork(options: {
  trainingRounds: number;
  lengths: PhaseLengths;
}): Promise<LiveNetwork> {
  const { trainingRounds, lengths } = options;
  const live = await startTemporaryNetwork({ trainingRounds, pace: { ...FOR_PEOPLE, lengths }, headless: true });
  const { network, task, until } = live;
  const { creator } = network.chain;
  const indexOf = async (wallet: string, round: number): Promise<number> =>
    (await creator.roster(task, round)).findIndex((member) => member.wallet.toLowerCase() === wallet);

  return {
    ...live,
    reaches: (phase, round) =>
      until(`a round in phase ${phaseName(phase)}`, async () => {
        const newest = round ?? (await creator.task(task)).round;
        if (newest === 0) return undefined;
        const view = await creator.round(task, newest).catch(() => undefined);
        if (view === undefined) return undefined;
        if (round !== undefined && isOver(view.phase) && view.phase > phase)
          throw new Error(`round ${round} was over (${phaseName(view.phase)}) before ${phaseName(phase)} was seen`);
        return view.phase === phase || (round !== undefined && view.phase > phase) ? view : undefined;
      }),
    ends: (round) =>
      until(`the end of round ${round}`, async () => {
        const view = await creator.round(task, round);
        return isOver(view.phase) ? view : undefined;
      }),
    joinedRound: (wallet, after) =>
      until(`a round that ${wallet} joins`, async () => {
        const { round } = await creator.task(task);
        if (round <= after) return undefined;
        const { phase } = await creator.round(task, round);
        if (phase < Phase.Beacon || isOver(phase)) return undefined;
        return (await indexOf(wallet, round)) < 0 ? undefined : round;
      }),
    counts: async (wallet, view) => {
      const index = await indexOf(wallet, view.round);
      return view.phase === Phase.Settled && index >= 0 && has(view.u3, index);
    },
  };
}

/** The wallet with which a tab takes part, lower case. */
export async function walletOf(page: Page): Promise<string> {
  const id = await page.evaluate(() => sessionStorage.getItem('murmur/participation'));
  const wallet = id?.split('/').at(-1);
  if (wallet === undefined) throw new Error('this tab takes part in nothing');
  return wallet.toLowerCase();
}
