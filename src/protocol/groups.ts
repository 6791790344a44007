/**
 * Which members of a round mask together (docs/protocol.md, section 11): the roster in groups, drawn by the beacon, which is fixed after
 * the roster is.
 *
 * G = max(1, floor(n / groupSize)) groups; member order[i] of a Fisher-Yates permutation of 0..n-1 goes to group i mod G.
 * Guarantees: every member is in exactly one group, sizes differ by at most 1, and everybody who knows the beacon draws the same. Nobody
 * chose its group who could not choose the beacon. Not: groups without an attacker. With a share a of attackers a group of k is clean
 * with a chance of about (1 - a)^k, so larger groups hide more and are clean less often.
 */
import { type Bytes, utf8 } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { SeededRandom } from '../core/random.ts';

export interface GroupSizes {
  /** members that a group has when the roster divides evenly; groups get no smaller while the roster has as many */
  readonly groupSize: number;
  /** fewer than this hide nobody: no group is drawn with fewer */
  readonly minGroup: number;
}

/** How many groups a roster makes. @param members at least minGroup, 65,536 at most */
export function groupCount(members: number, { groupSize, minGroup }: GroupSizes): number {
  check(
    Number.isInteger(minGroup) && Number.isInteger(groupSize) && minGroup >= 1 && groupSize >= minGroup,
    `groups of ${groupSize} with at least ${minGroup} members make no sense`,
  );
  check(Number.isInteger(members) && members >= 0 && members <= 65_536, `a roster has no ${members} members`);
  if (members < minGroup) {
    throw new MurmurError('void', `${members} members joined, a group has at least ${minGroup}`, {
      hint: 'The round is tried again.',
    });
  }
  return Math.max(1, Math.floor(members / groupSize));
}

/**
 * The groups of a round.
 * @param members size of the roster
 * @param beacon 32 bytes of the round
 * @returns roster indices of each group, ascending: a member's place in its group is its index there
 * @throws MurmurError void when fewer than minGroup joined, bad-input for sizes that make no sense
 */
export async function drawGroups(members: number, sizes: GroupSizes, beacon: Bytes): Promise<readonly Uint16Array[]> {
  check(beacon.length === 32, `a beacon has 32 bytes, this one ${beacon.length}`);
  const count = groupCount(members, sizes);
  const order = new SeededRandom(await sha256(utf8('murmur/groups/1'), beacon)).permutation(members);
  return Array.from({ length: count }, (_, group) =>
    Uint16Array.from(order.filter((_, place) => place % count === group)).sort(),
  );
}
