/** Calldata of what people do outside rounds: for a client that sends it, or for a wallet that sends it itself. */
import { encodeFunctionData } from 'viem';
import { allianceCoordinatorAbi as abi, flockAbi } from '../../contracts-abi/abi.ts';
import type { Hex } from '../core/bytes.ts';
import type { RecordDomain } from '../protocol/record.ts';
import type { TaskParameters } from '../protocol/views.ts';
import type { RegistrationRequest } from './keys.ts';

/** A registration with the wallet's signature. */
export function registerData(request: RegistrationRequest, signature: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'register', args: [request, signature] });
}

/** The end of a registration of the sender. */
export function revokeData(task: bigint): Hex {
  return encodeFunctionData({ abi, functionName: 'revoke', args: [task] });
}

/** A new task; its pool must have been approved. */
export function createTaskData(parameters: TaskParameters, specHash: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'createTask', args: [parameters, specHash] });
}

/** Lets the coordinator take FLOCK from the sender, in wei. */
export function approveData(domain: RecordDomain, amount: bigint): Hex {
  return encodeFunctionData({ abi: flockAbi, functionName: 'approve', args: [domain.coordinator, amount] });
}
