/** What the live round's picture and phase line show, worked out from the status. Pure, so that it is tested without a page. */
import type { PhaseName } from '../../protocol/phases.ts';
import type { ParticipationStatus, RoundProgress } from '../../session/status.ts';

/** The six phases that a person sees, and the protocol's phases inside each. */
const SHOWN = [
  { id: 'join', phases: ['join', 'beacon'] },
  { id: 'share', phases: ['share', 'ack'] },
  { id: 'mask', phases: ['mask'] },
  { id: 'have', phases: ['have'] },
  { id: 'unmask', phases: ['unmask', 'sum'] },
  { id: 'vote', phases: ['vote', 'settled'] },
] as const satisfies readonly { id: string; phases: readonly PhaseName[] }[];

export type ShownPhase = (typeof SHOWN)[number]['id'];

export interface PhaseState {
  readonly id: ShownPhase;
  readonly state: 'done' | 'now' | 'next';
  /** how many did what the phase asks, of how many; absent where nothing is counted yet */
  readonly count?: { readonly done: number; readonly of: number };
}

/** The phase line of a round; all `next` before there is one. */
export function phaseStates(live: RoundProgress | undefined): readonly PhaseState[] {
  const current =
    live === undefined ? -1 : SHOWN.findIndex(({ phases }) => phases.some((phase) => phase === live.phase));
  return SHOWN.map(({ id }, i): PhaseState => {
    const over = live?.phase === 'settled';
    const state = over || i < current ? 'done' : i === current ? 'now' : 'next';
    if (live === undefined || state === 'next') return { id, state };
    const count = phaseCount(id, live);
    return count === undefined ? { id, state } : { id, state, count };
  });
}

function phaseCount(id: ShownPhase, live: RoundProgress): PhaseState['count'] {
  switch (id) {
    case 'join':
      return { done: live.joined, of: live.joined };
    case 'share':
      return live.phase === 'share'
        ? { done: live.dealt.length, of: live.joined }
        : { done: live.acked.length, of: live.dealt.length };
    case 'mask':
      return { done: live.masked.length, of: live.u2.length };
    case 'have':
      return { done: live.attested.length, of: live.masked.length };
    case 'unmask':
      return { done: live.answered.length, of: live.u3.length };
    case 'vote':
      return { done: live.voted.length, of: live.u3.length };
  }
}

export interface CohortSite {
  readonly index: number;
  readonly state: 'in' | 'gone' | 'you';
}

/** Everybody who joined; `gone` once the round goes on without them. */
export function cohortSites(live: RoundProgress | undefined): readonly CohortSite[] {
  if (live === undefined) return [];
  const inside = stillIn(live);
  return Array.from({ length: live.joined }, (_, index) => {
    if (inside !== undefined && !inside.includes(index)) return { index, state: 'gone' };
    return { index, state: index === live.index ? 'you' : 'in' };
  });
}

/** The members that the round still counts on; undefined while everybody who joined does. */
function stillIn(live: RoundProgress): readonly number[] | undefined {
  switch (live.phase) {
    case 'ack':
      return live.dealt;
    case 'mask':
      return live.u2;
    case 'have':
      return live.masked;
    case 'unmask':
    case 'sum':
    case 'vote':
    case 'settled':
      return live.u3;
    default:
      return undefined;
  }
}

/** Whether the masks of the round exist yet, so that the picture draws them. */
export function hasMasks(live: RoundProgress | undefined): boolean {
  return live !== undefined && !['none', 'join', 'beacon', 'share'].includes(live.phase);
}

export interface CurvePoint {
  /** training rounds that the model had seen */
  readonly after: number;
  readonly accuracy: number;
  /** absent when the rows were all of one kind */
  readonly auc: number | undefined;
  readonly logLoss: number | undefined;
}

/** Figures of the shared model over all sites' held-out rows. A round evaluates the model that it began with. */
export function curvePoints(status: ParticipationStatus | undefined): readonly CurvePoint[] {
  const points = new Map<number, CurvePoint>();
  for (const { step, outcome, together } of status?.history ?? []) {
    if (together === undefined || outcome === 'void') continue;
    const { accuracy, auc, logLoss } = together;
    points.set(step - 1, { after: step - 1, accuracy, auc, logLoss });
  }
  return [...points.values()].sort((a, b) => a.after - b.after);
}

/** The points as a CSV file. */
export function curvesCsv(points: readonly CurvePoint[]): string {
  const lines = points.map(({ after, accuracy, auc, logLoss }) =>
    [after, accuracy, auc ?? '', logLoss ?? ''].join(','),
  );
  return ['training_rounds,accuracy,auc,log_loss', ...lines].join('\n') + '\n';
}
