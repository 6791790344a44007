/** Everything that the page may ask of the participant's worker; each part is a file of its own, here and in workers/calls. */
import type { CreateApi } from './create.ts';
import type { DataApi } from './data.ts';
import type { LedgerApi } from './ledger.ts';
import type { ParticipationApi } from './participation.ts';
import type { TasksApi } from './tasks.ts';
import type { WalletsApi } from './wallets.ts';
import type { WorkbenchApi } from './workbench.ts';

export type ParticipantApi = CreateApi & DataApi & LedgerApi & ParticipationApi & TasksApi & WalletsApi & WorkbenchApi;
