/** What the live round's picture and phase line show, worked out from the status. Pure, so that it is tested without a page. */
import { measureValue, type MeasureId, type MetricsKind } from '../../protocol/metrics.ts';
import type { PhaseName } from '../../protocol/phases.ts';
import type { ModelMetrics, ParticipationStatus, RoundProgress } from '../../session/status.ts';

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

const ORDER: readonly PhaseName[] = ['none', 'join', 'beacon', 'share', 'ack', 'mask', 'have', 'unmask', 'sum', 'vote'];

/** Whether the phase is over, whatever came of it. */
function isPast(live: RoundProgress, phase: 'share' | 'ack' | 'mask' | 'have' | 'unmask'): boolean {
  if (live.phase === 'settled') return true;
  if (live.phase === 'void') {
    // A void round stopped somewhere; only what it got to tells about anybody.
    const reached = { share: live.dealt, ack: live.u2, mask: live.u3, have: live.u3, unmask: [] };
    return reached[phase].length > 0;
  }
  return ORDER.indexOf(live.phase) > ORDER.indexOf(phase);
}

/**
 * Where a round went on without a site: it dealt no key pieces; too few got them; its vector did not come; its vector came to too
 * few. From the third on its masks exist, and the others rebuild them.
 */
export type Lost = 'no-shares' | 'not-acknowledged' | 'no-vector' | 'not-attested';

export function lostAt(live: RoundProgress, index: number): Lost | undefined {
  if (isPast(live, 'share') && !live.dealt.includes(index)) return 'no-shares';
  if (isPast(live, 'ack') && !live.u2.includes(index)) return 'not-acknowledged';
  if (isPast(live, 'mask') && !live.masked.includes(index)) return 'no-vector';
  if (isPast(live, 'have') && !live.u3.includes(index)) return 'not-attested';
  return undefined;
}

export interface CohortSite {
  readonly index: number;
  readonly you: boolean;
  /** `spoken` once it has done what this phase asks; `gone` once the round goes on without it */
  readonly state: 'waiting' | 'spoken' | 'gone';
  readonly lost?: Lost;
  /** its vector is in the sum, but it did not help to uncover it: enough others did */
  readonly silent: boolean;
}

/** Everybody who joined, in roster order. */
export function cohortSites(live: RoundProgress | undefined): readonly CohortSite[] {
  if (live === undefined) return [];
  const spoken = spokenNow(live);
  return Array.from({ length: live.joined }, (_, index): CohortSite => {
    const lost = lostAt(live, index);
    const you = index === live.index;
    if (lost !== undefined) return { index, you, state: 'gone', lost, silent: false };
    const state = spoken === undefined || spoken.includes(index) ? 'spoken' : 'waiting';
    return { index, you, state, silent: isPast(live, 'unmask') && !live.answered.includes(index) };
  });
}

/** Who has done what the phase asks; undefined where it asks nobody by name. */
function spokenNow(live: RoundProgress): readonly number[] | undefined {
  switch (live.phase) {
    case 'share':
      return live.dealt;
    case 'ack':
      return live.acked;
    case 'mask':
      return live.masked;
    case 'have':
      return live.attested;
    case 'unmask':
      return live.answered;
    case 'vote':
      return live.voted;
    default:
      return undefined;
  }
}

/** What becomes of the masks: none yet, shared by two sites each, or gone from the sum. */
export type MaskState = 'none' | 'shared' | 'cancelled';

export function maskState(live: RoundProgress | undefined): MaskState {
  if (live === undefined) return 'none';
  if (live.phase === 'sum' || live.phase === 'vote' || live.phase === 'settled') return 'cancelled';
  return ['mask', 'have', 'unmask'].includes(live.phase) ? 'shared' : 'none';
}

/** How this tab stands to the round that is live. */
export type Standing =
  /** no round is live */
  | 'between'
  | 'in'
  /** it began before this tab was there */
  | 'outside'
  /** this tab joined, and the round went on without it */
  | 'left-behind';

export function standing(live: RoundProgress | undefined): Standing {
  if (live === undefined || live.phase === 'none' || live.phase === 'settled' || live.phase === 'void')
    return 'between';
  if (live.index === undefined) return 'in';
  if (live.index < 0) return 'outside';
  return lostAt(live, live.index) === undefined ? 'in' : 'left-behind';
}

/** How many members of a round must work together to uncover what one other member added to the sum. */
export interface Collusion {
  /** members of the round, or those in its sum once that is known */
  readonly members: number;
  /** when the relay helps: enough pieces of both keys; everybody else always can */
  readonly withRelay: number;
  /** without it: everybody else, by taking their own parts off the sum */
  readonly without: number;
}

/** Undefined before it is known who is in the round. */
export function collusion(live: RoundProgress | undefined): Collusion | undefined {
  if (live === undefined || live.threshold === 0 || live.phase === 'none' || live.phase === 'join') return undefined;
  const members = live.u3.length > 0 ? live.u3.length : live.joined;
  if (members < 2) return undefined;
  return { members, withRelay: Math.min(live.threshold, members - 1), without: members - 1 };
}

/** Figures that have a curve, of each kind of model; the first one is shown at first. */
export const CURVES = {
  binary: ['accuracy', 'auc', 'logLoss'],
  classes: ['accuracy', 'f1', 'logLoss'],
  value: ['rmse', 'mae', 'r2'],
  next: ['bitsPerCharacter', 'accuracy'],
} as const satisfies Readonly<Record<MetricsKind, readonly MeasureId[]>>;

/** The chosen curve, or the first one of the kind. */
export function curveOf(kind: MetricsKind, chosen: string): MeasureId {
  const all: readonly MeasureId[] = CURVES[kind];
  return all.find((id) => id === chosen) ?? CURVES[kind][0];
}

/** Figures of one model of the task. */
export interface CurvePoint {
  /** training rounds that the model has seen */
  readonly after: number;
  /** the shared model on this site's own held-out rows */
  readonly together: number | undefined;
  /** this site's own model on the same rows */
  readonly alone: number | undefined;
  /** the shared model over all sites' held-out rows */
  readonly pooled: number | undefined;
}

/** One point a model, oldest first; void rounds made none. */
export function curvePoints(status: ParticipationStatus | undefined, measure: MeasureId): readonly CurvePoint[] {
  const points = new Map<number, CurvePoint>();
  const set = (after: number, change: Partial<CurvePoint>) => {
    const known = points.get(after) ?? { after, together: undefined, alone: undefined, pooled: undefined };
    points.set(after, { ...known, ...change });
  };
  for (const { step, outcome, together, own, alone } of status?.history ?? []) {
    if (outcome === 'void') continue;
    const after = Math.min(step, status?.trainingRounds ?? step);
    const figure = (line: 'together' | 'alone' | 'pooled', metrics: ModelMetrics | undefined, at: number) => {
      const value = measureValue(metrics, measure);
      if (value !== undefined) set(at, { [line]: value });
    };
    figure('together', own, after);
    figure('alone', alone, after);
    // A round evaluates the model that it began with.
    figure('pooled', together, step - 1);
  }
  return [...points.values()].sort((a, b) => a.after - b.after);
}

/** The points of one line of a chart. */
export function seriesOf(
  points: readonly CurvePoint[],
  line: 'together' | 'alone' | 'pooled',
): readonly { x: number; y: number }[] {
  return points.flatMap(({ after, [line]: y }) => (y === undefined ? [] : [{ x: after, y }]));
}
