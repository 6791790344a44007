/**
 * From the sums of a round's groups to its candidates (docs/protocol.md, section 11): the fold of all groups, and of all but each, on which
 * the groups' voters say their verdicts.
 *
 * Groups meet in one server step: statistics, weights and evaluation counts are added up, and the update is what the task's rule makes of
 * the groups' updates. Guarantees: with the rule `mean` the candidate is that of one sum over everybody. Not: a rule for what is not
 * one update in the clear, see {@link checkRule}.
 */
import { MurmurError, check, hasCode } from '../../core/errors.ts';
import type { RobustRule } from '../../protocol/robust-rule.ts';
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { type FoldInput, type FoldResult, fold } from '../fold.ts';
import { roundLayout } from '../layouts.ts';
import type { GroupUpdate } from './group-update.ts';
import { combine } from './registry.ts';

/** One group's decoded sum. */
export interface GroupSum {
  /** one array a segment of roundLayout(spec, step) */
  readonly sums: readonly Float64Array[];
  /** |U3| of the group */
  readonly members: number;
}

export interface FoldGroupsInput extends Omit<FoldInput, 'sums' | 'members' | 'delta'> {
  /** in the order of their numbers */
  readonly groups: readonly GroupSum[];
  readonly rule: RobustRule;
}

/**
 * The candidate of several groups.
 * @throws MurmurError as fold; unsupported for a rule that the task cannot have
 */
export async function foldGroups({ groups, rule, ...input }: FoldGroupsInput): Promise<FoldResult> {
  const { spec, step } = input;
  checkRule(spec, rule);
  const layout = roundLayout(spec, step);
  const place = (purpose: string) => layout.findIndex((segment) => segment.purpose === purpose);
  const [weight, update] = [place('weight'), place('update')];
  const pooled = { sums: pool(groups), members: groups.reduce((sum, { members }) => sum + members, 0) };
  if (update < 0 || rule.kind === 'mean') return fold({ ...input, ...pooled });
  const updates = groups.map(({ sums }): GroupUpdate => ({
    weight: sums[weight]?.[0] as number,
    update: sums[update] as Float64Array,
  }));
  return fold({ ...input, ...pooled, delta: combine(updates, rule) });
}

/**
 * The candidates without each group.
 * @param input at least two groups
 */
export async function leaveOneGroupOut(input: FoldGroupsInput): Promise<readonly FoldResult[]> {
  const { groups } = input;
  check(groups.length >= 2, 'without its only group a round has no candidate');
  return Promise.all(groups.map((left) => foldGroups({ ...input, groups: groups.filter((group) => group !== left) })));
}

/**
 * The groups whose sum by itself could be one of honest inputs; the others are dropped before anything is folded or judged, where a task
 * with one group has a void round.
 */
export async function possibleGroups<Group extends GroupSum>({
  groups,
  ...input
}: Omit<FoldGroupsInput, 'rule' | 'groups'> & { readonly groups: readonly Group[] }): Promise<readonly Group[]> {
  const isPossible = await Promise.all(
    groups.map(async (group) => {
      try {
        await fold({ ...input, ...group });
        return true;
      } catch (error) {
        if (hasCode(error, 'void')) return false;
        throw error;
      }
    }),
  );
  return groups.filter((_, i) => isPossible[i]);
}

/**
 * User-level noise is in a rotated grid, where coordinates mean nothing; FedNova's updates count only together with the sum of steps; and
 * SCAFFOLD's control variates would need a rule of their own, or poison goes through them.
 */
function checkRule({ privacy, training }: TaskSpec, rule: RobustRule): void {
  const kind = training.algorithm?.kind;
  const fits = privacy?.kind !== 'user' && kind !== 'fednova' && kind !== 'scaffold';
  if (rule.kind === 'mean' || fits) return;
  throw new MurmurError('unsupported', `the rule ${rule.kind} does not go with this task's noise or algorithm`, {
    hint: 'Choose the mean, or a task without user-level noise, FedNova and SCAFFOLD.',
  });
}

function pool(groups: readonly GroupSum[]): Float64Array[] {
  const [first, ...rest] = groups;
  check(first !== undefined, 'there is no group to fold');
  const pooled = first.sums.map((values) => values.slice());
  for (const { sums } of rest) {
    check(sums.length === pooled.length, `expected ${pooled.length} sums, got ${sums.length}`);
    for (const [segment, values] of sums.entries()) {
      const sum = pooled[segment] as Float64Array;
      check(values.length === sum.length, `expected ${sum.length} values, got ${values.length}`);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
    }
  }
  return pooled;
}
