/** What the coordinator contract returns, as protocol has it: names, small numbers as numbers, addresses in lower case. */
import type { ContractFunctionReturnType } from 'viem';
import type { allianceCoordinatorAbi } from '../../contracts-abi/abi.ts';
import { fromHex, type Hex } from '../core/bytes.ts';
import type { Phase, VoidReason } from '../protocol/phases.ts';
import type { Registration, RoundView, TaskStatus, TaskView } from '../protocol/views.ts';

type Returned<Name extends 'getTask' | 'getRound' | 'getRegistration'> = ContractFunctionReturnType<
  typeof allianceCoordinatorAbi,
  'view',
  Name
>;

const STATUS: readonly (TaskStatus | undefined)[] = [undefined, 'running', 'finished', 'failed'];

export function taskViewOf(task: bigint, view: Returned<'getTask'>): TaskView {
  return {
    task,
    creator: lower(view.creator),
    specHash: view.specHash,
    parameters: view.parameters,
    status: STATUS[view.status] as TaskStatus,
    step: view.step,
    round: view.rounds,
    modelHash: view.modelHash,
    poolLeft: view.poolLeft,
    registrations: view.registrations,
    consecutiveVoids: view.voids,
    createdAtBlock: BigInt(view.createdAtBlock),
  };
}

export function roundViewOf(task: bigint, round: number, view: Returned<'getRound'>): RoundView {
  const { progress } = view;
  return {
    task,
    round,
    step: progress.step,
    phase: progress.phase as Phase,
    phaseEndsAt: progress.endsAt,
    joinEndsAt: progress.joinEndsAt,
    openedAtBlock: BigInt(progress.openedAtBlock),
    beaconRound: BigInt(progress.beaconRound),
    beacon: view.beacon,
    baseModel: view.baseModel,
    n: progress.n,
    corrupt: view.c,
    threshold: view.t,
    rosterHash: view.rosterHash,
    dealt: progress.dealt,
    acked: progress.acked,
    u2: progress.u2,
    masked: progress.masked,
    attested: progress.attested,
    u3: progress.u3,
    answered: progress.answered,
    voted: progress.voted,
    sumRoot: view.sumRoot,
    modelHash: view.modelHash,
    accepted: progress.accepted,
    voidReason: progress.voidReason as VoidReason | 0,
  };
}

export function registrationOf(member: Returned<'getRegistration'>): Registration {
  return {
    registrationId: member.id,
    wallet: lower(member.wallet),
    sessionKey: lower(member.sessionKey),
    channelKey: fromHex(member.channelKey, 32),
    stake: member.stake,
  };
}

export function lower(address: string): Hex {
  return address.toLowerCase() as Hex;
}
