/**
 * A round of a task with groups in one process (docs/protocol.md, section 11): groups by the beacon, a sum of each, verdicts on
 * each group by the sites outside it, the fold of the kept groups, and everybody's verdict on that.
 */
import type { FoldInput } from '../../src/aggregation/fold.ts';
import type { Parts } from '../../src/aggregation/layouts.ts';
import {
  type GroupSum,
  foldGroups,
  leaveOneGroupOut,
  possibleGroups,
} from '../../src/aggregation/robust/fold-groups.ts';
import { uintBytes } from '../../src/core/bytes.ts';
import { check } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { type BallotBox, isVotedDown, keptGroups } from '../../src/protocol/ballots.ts';
import { type GroupSizes, drawGroups } from '../../src/protocol/groups.ts';
import { stepKind, type Verdict } from '../../src/protocol/phases.ts';
import type { RobustRule } from '../../src/protocol/robust-rule.ts';
import type { Learner } from '../../src/session/learner.ts';

export interface Grouping {
  readonly sizes: GroupSizes;
  readonly rule: RobustRule;
  /** Whether sites vote; what each says where its own rows give that verdict. */
  readonly say?: ((site: number, honest: Verdict) => Verdict) | undefined;
}

interface Site {
  readonly site: number;
  readonly parts: Parts;
  readonly learner: Learner;
}

interface GroupedRound extends Omit<FoldInput, 'sums' | 'members' | 'delta'> {
  readonly sites: readonly Site[];
  readonly sumOf: (inputs: readonly Parts[]) => Promise<Float64Array[]> | Float64Array[];
}

/** The next model; that of before where the round is rejected. */
export async function foldInGroups(
  { sites, sumOf, ...round }: GroupedRound,
  { sizes, rule, say }: Grouping,
): Promise<Checkpoint> {
  const beacon = await sha256(round.beacon, uintBytes(round.step, 4));
  const groups: (GroupSum & { readonly sites: readonly Site[] })[] = [];
  for (const indices of await drawGroups(sites.length, sizes, beacon)) {
    const members = Array.from(indices, (index) => sites[index] as Site);
    groups.push({ sums: await sumOf(members.map(({ parts }) => parts)), members: members.length, sites: members });
  }
  const input = { ...round, rule, groups: await possibleGroups({ ...round, groups }) };
  const { base } = round;
  const isVote = say !== undefined && stepKind(round.step, round.spec.training.rounds) === 'training';
  if (!isVote || base === undefined) return (await foldGroups(input)).checkpoint;

  // Each site has the same stake here.
  const judge = async (voters: readonly Site[], before: Checkpoint, after: Checkpoint): Promise<BallotBox> => {
    const ballots = [];
    for (const { site, learner } of voters) {
      ballots.push({ verdict: say(site, await learner.verdict(before, after)), stake: 1n });
    }
    return { ballots, drawn: BigInt(voters.length) };
  };
  let kept = input.groups;
  if (kept.length > 1) {
    const all = (await foldGroups(input)).checkpoint;
    const boxes: BallotBox[] = [];
    for (const [group, without] of (await leaveOneGroupOut(input)).entries()) {
      const members = input.groups[group]?.sites;
      check(members !== undefined, 'there is a candidate without each group');
      const voters = sites.filter((voter) => !members.includes(voter));
      boxes.push(await judge(voters, without.checkpoint, all));
    }
    const numbers = keptGroups(boxes);
    kept = input.groups.filter((_, group) => numbers.includes(group));
  }
  if (kept.length === 0) return base;
  const { checkpoint } = await foldGroups({ ...input, groups: kept });
  return isVotedDown(await judge(sites, base, checkpoint)) ? base : checkpoint;
}
