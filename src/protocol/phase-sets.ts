/** Whose records a phase waits for, who may speak, and who has spoken, read from the contract's view of a round. */
import { type Bitmap, firstOf } from '../core/bitmap.ts';
import { Phase, type RecordPhase } from './phases.ts';
import type { RoundView } from './views.ts';

/** The bitmap of roster indices whose records of the phase the contract holds. The join phase has none: it counts registrations. */
export function spokenIn(view: RoundView, phase: RecordPhase): Bitmap {
  switch (phase) {
    case Phase.Join:
      return 0n;
    case Phase.Share:
      return view.dealt;
    case Phase.Ack:
      return view.acked;
    case Phase.Mask:
      return view.masked;
    case Phase.Have:
      return view.attested;
    case Phase.Unmask:
      return view.answered;
    case Phase.Vote:
      return view.voted;
  }
}

/** Who may post a record of the phase; in the join phase any registration may. */
export function allowedIn(view: RoundView, phase: RecordPhase): Bitmap {
  switch (phase) {
    case Phase.Join:
    case Phase.Share:
    case Phase.Ack:
      return firstOf(view.n);
    case Phase.Mask:
    case Phase.Have:
      return view.u2;
    case Phase.Unmask:
    case Phase.Vote:
      return view.u3;
  }
}

/** Whose records complete the phase; 0n for the join phase, which nothing completes. */
export function awaitedIn(view: RoundView, phase: RecordPhase): Bitmap {
  if (phase === Phase.Join) return 0n;
  if (phase === Phase.Ack) return view.dealt;
  if (phase === Phase.Have) return view.u2 & view.masked;
  return allowedIn(view, phase);
}
