/**
 * Releases are spent, also by void rounds: whoever collects a round's unmask answers knows its sum. Two sums over the same model
 * by survivor sets that differ by one site would reveal that site by subtraction, so a tab that answered once answers again for the
 * same model only when the survivors are the same, or differ by at least `minDiff` sites.
 */
import { utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import type { StepKind } from '../protocol/phases.ts';
import type { Journal } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { fewestHonest } from '../protocol/threshold.ts';

/** An unmask answer that this tab sent. Wallets, because registrations rotate. */
export interface Release {
  readonly round: number;
  readonly kind: StepKind;
  readonly model: string;
  /** wallets, sorted */
  readonly survivors: readonly string[];
}

const key = (task: bigint) => `task/${task}/released`;

export async function readReleases(journal: Journal, task: bigint): Promise<readonly Release[]> {
  const bytes = await journal.get(key(task));
  return bytes === undefined ? [] : (JSON.parse(new TextDecoder().decode(bytes)) as Release[]);
}

/**
 * Throws `refused` when the release, together with an earlier one, would single out fewer than `minDiff` sites.
 * Exact evaluation is exempt: the task's join page says what it reveals.
 */
export function checkRelease(
  spec: Pick<TaskSpec, 'retry' | 'minDiff'>,
  earlier: readonly Release[],
  next: Release,
): void {
  if (spec.retry === 'accept' || next.kind === 'evaluation') return;
  for (const release of earlier) {
    if (release.round === next.round || release.model !== next.model || release.kind !== next.kind) continue;
    const before = new Set(release.survivors);
    const after = new Set(next.survivors);
    const difference =
      [...before].filter((w) => !after.has(w)).length + [...after].filter((w) => !before.has(w)).length;
    if (difference > 0 && difference < spec.minDiff) {
      throw new MurmurError(
        'refused',
        `round ${release.round} already released a sum over this model; the survivors differ by only ${difference} site`,
        {
          hint: 'The same sites can try again together; otherwise the task has to end here, or be created with retry: accept.',
        },
      );
    }
  }
}

/**
 * Throws `refused` when fewer members of a sum may be honest than the task's noise counts on: the sum would show more than the task said.
 * @param honest members of the sum, less those that may collude
 */
export function checkNoise({ privacy }: Pick<TaskSpec, 'privacy'>, honest: number): void {
  if (privacy?.kind !== 'user' || honest >= privacy.honest) return;
  throw new MurmurError(
    'refused',
    `the noise of this task counts on ${privacy.honest} honest sites; of this sum only ${honest} are sure to be`,
    { hint: 'The round is tried again; it needs more sites that stay to the end.' },
  );
}

/**
 * Refuses a task of which some round might have fewer honest members than its noise counts on: such a sum is not unmasked, so it is
 * kinder not to join.
 * @throws MurmurError refused
 */
export function checkHonest(
  { privacy }: Pick<TaskSpec, 'privacy'>,
  parameters: Parameters<typeof fewestHonest>[0],
): void {
  if (privacy?.kind !== 'user') return;
  const sure = fewestHonest(parameters);
  if (sure >= privacy.honest) return;
  throw new MurmurError(
    'refused',
    `the noise of this task counts on ${privacy.honest} honest sites, and in its smallest rounds only ${sure} are sure to be`,
    { hint: 'Its creator has to create it anew, with larger rounds or with noise that counts on fewer sites.' },
  );
}

/** Journals a release; to be called before the answer leaves. */
export async function spendRelease(journal: Journal, task: bigint, next: Release): Promise<void> {
  const earlier = await readReleases(journal, task);
  if (earlier.some((release) => release.round === next.round)) return;
  await journal.put(key(task), utf8(JSON.stringify([...earlier, next])));
}
