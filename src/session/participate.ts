/**
 * A participant's life in one task: catch up with the chain, announce, take part in round after round, end when the task ends.
 */
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/random.ts';
import type { ChainPort, Journal, RelayPort, TrainerPort } from '../protocol/ports.ts';
import type { RecordSigner } from '../protocol/record.ts';
import type { ParticipationStatus } from './status.ts';

export type { Clock, RandomBytes, ChainPort, Journal, RelayPort, TrainerPort, RecordSigner, ParticipationStatus };
