/** What a participant brings into every round of a task: who it is, its data and model, and the world that it speaks to. */
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/random.ts';
import type { X25519KeyPair } from '../masking/keys.ts';
import type { Mailbox } from '../protocol/mailbox.ts';
import type { ChainPort, Journal, RelayPort } from '../protocol/ports.ts';
import type { RecordSigner } from '../protocol/record.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { RoundView } from '../protocol/views.ts';
import type { DataBudget } from './data-budget.ts';
import type { Learner } from './learner.ts';
import type { StartFile } from './start-file.ts';
import type { TrainingProgress } from './status.ts';

export interface Participant {
  readonly task: bigint;
  readonly registrationId: number;
  /** the site's wallet, 0x-hex */
  readonly wallet: string;
  readonly spec: TaskSpec;
  readonly chain: ChainPort;
  readonly relay: RelayPort;
  readonly journal: Journal;
  /** of the data set; absent for example data that are nobody's */
  readonly budget?: DataBudget | undefined;
  readonly signer: RecordSigner;
  readonly channel: X25519KeyPair;
  readonly learner: Learner;
  readonly start: StartFile;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** how often the chain is asked */
  readonly pollMs: number;
  /** how long a record may wait for the relay before its author posts it itself */
  readonly directPostAfterMs: number;
  /** @param index place in the roster, -1 when it has none, undefined before it is known */
  readonly onView: (view: RoundView, index: number | undefined) => void;
  readonly onTraining: (progress: TrainingProgress) => void;
}
