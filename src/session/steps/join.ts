/**
 * Entering a round, and who else is in it: whether one may speak at all, fresh secrets and the commitment to them, one's place in the
 * roster, all members' opened joins.
 */
import { type JoinedMember, openJoins } from '../../aggregation/evidence.ts';
import { has } from '../../core/bitmap.ts';
import { concatBytes, fromHex, toHex } from '../../core/bytes.ts';
import { MurmurError } from '../../core/errors.ts';
import {
  commitSelfMask,
  createRoundSecrets,
  joinDigest,
  type RoundSecrets,
  type X25519KeyPair,
} from '../../masking/keys.ts';
import { spokenIn } from '../../protocol/phase-sets.ts';
import { Phase, RECORD_PHASES } from '../../protocol/phases.ts';
import { type LiveRound, RoundOver } from '../live-round.ts';
import { speakInPhase } from './speak.ts';

/**
 * A journal that is missing or older than the chain sits the round out: whoever forgot what it said could say it differently.
 * @throws MurmurError refused
 */
export async function refuseIfForgotten(round: LiveRound): Promise<void> {
  const index = await placeInRoster(round);
  if (index < 0) return;
  for (const phase of RECORD_PHASES) {
    // Whoever is in the roster has spoken in the join phase.
    const spoke = phase === Phase.Join || has(spokenIn(round.view, phase), index);
    if (spoke && (await round.journal.get(`record/${phase}`)) === undefined) {
      throw new MurmurError(
        'refused',
        'this tab does not remember what it said in this round, so it sits the round out',
        {
          hint: 'The browser profile may have been restored from a backup. The next round can be joined as usual.',
        },
      );
    }
  }
}

/** Made once for a round: the seed of its mask keys, and the second mask. */
export async function roundSecrets(round: LiveRound): Promise<RoundSecrets> {
  const bytes = await round.journal.once('secrets', () => {
    const { seed, selfMask } = createRoundSecrets(round.me.random);
    return concatBytes(seed, selfMask);
  });
  return { seed: bytes.slice(0, 31), selfMask: bytes.slice(31) };
}

export async function join(round: LiveRound, mask: X25519KeyPair, secrets: RoundSecrets): Promise<void> {
  const { registrationId, signer, channel } = round.me;
  const selfMaskCommitment = await commitSelfMask(secrets.selfMask);
  const keys = { maskPublicKey: mask.publicKey, selfMaskCommitment, channelKey: channel.publicKey };
  await speakInPhase(round, Phase.Join, registrationId, async () => ({
    digest: await joinDigest({ ...keys, sessionKey: fromHex(signer.address, 20) }),
    body: { maskPublicKey: toHex(mask.publicKey), selfMaskCommitment: toHex(selfMaskCommitment) },
  }));
}

/** This participant's place in the roster as it is now, -1 when it has none. */
async function placeInRoster(round: LiveRound): Promise<number> {
  const { me } = round;
  const roster = await round.patiently(() => me.chain.roster(me.task, round.number, round.signal));
  return roster.findIndex((member) => member.registrationId === me.registrationId);
}

/** The same in the final roster, noted in the round. */
export async function findIndex(round: LiveRound): Promise<number> {
  round.index = await placeInRoster(round);
  return round.index;
}

/** The same once the round is over; whoever slept through it learns only now that it was in it. -1 too when nobody tells. */
export async function finalIndex(round: LiveRound): Promise<number> {
  try {
    return round.index ?? (await findIndex(round));
  } catch (error) {
    if (!(error instanceof RoundOver)) throw error;
    return -1;
  }
}

/** All members' opened joins; asked for until they are there or the phase that needs them is over. */
export async function fetchJoins(round: LiveRound): Promise<readonly JoinedMember[]> {
  const { chain, mailbox } = round.me;
  let joined: readonly JoinedMember[] | undefined;
  await round.collect(
    async () => {
      joined = await openJoins({ chain, mailbox, view: round.view, signal: round.signal });
    },
    () => joined !== undefined,
  );
  if (!joined) throw new RoundOver(await round.reachEnd());
  return joined;
}
