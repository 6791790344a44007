/**
 * What people do with the coordinator contract outside rounds: create and fund tasks, register, claim and leave, beside all that
 * happens inside them (round-client.ts).
 */
import { encodeFunctionData } from 'viem';
import { allianceCoordinatorAbi as abi, beaconBn254Abi, flockAbi } from '../../contracts-abi/abi.ts';
import type { Hex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import type { TaskParameters } from '../protocol/views.ts';
import { approveData, createTaskData, registerData, revokeData } from './calldata.ts';
import { lower } from './contract-views.ts';
import type { RegistrationRequest } from './keys.ts';
import { RoundClient } from './round-client.ts';

export class AllianceClient extends RoundClient {
  /** The new task's id. Its pool must have been approved. */
  async createTask(parameters: TaskParameters, specHash: Hex, signal?: AbortSignal): Promise<bigint> {
    const before = await this.taskCount(signal);
    await this.connection.write(createTaskData(parameters, specHash), signal);
    const task = await this.findTask(specHash, [lower(this.connection.sender().address)], before, signal);
    if (task === undefined) throw new MurmurError('not-found', 'the new task is not on chain');
    return task;
  }

  /**
   * The newest task with this spec that one of the wallets created.
   * @param after only tasks with a larger id
   */
  async findTask(
    specHash: Hex,
    creators: readonly Hex[],
    after: bigint,
    signal?: AbortSignal,
  ): Promise<bigint | undefined> {
    const wallets = creators.map(lower);
    for (let task = await this.taskCount(signal); task > after; task--) {
      const view = await this.task(task, signal);
      if (view.specHash === specHash && wallets.includes(view.creator)) return task;
    }
    return undefined;
  }

  /** Seconds that the chain's beacon keeps from a decision, and between two of its rounds. */
  beaconTimes(beacon: Hex, signal?: AbortSignal): Promise<{ delaySeconds: number; periodSeconds: number }> {
    return this.connection.ask(signal, async () => {
      const contract = { address: beacon, abi: beaconBn254Abi } as const;
      const [delaySeconds, periodSeconds] = await Promise.all([
        this.connection.client.readContract({ ...contract, functionName: 'delaySeconds' }),
        this.connection.client.readContract({ ...contract, functionName: 'periodSeconds' }),
      ]);
      return { delaySeconds, periodSeconds };
    });
  }

  allow(task: bigint, wallets: readonly Hex[], signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'allow', args: [task, wallets] }), signal);
  }

  /** The registration id with which a wallet may join next; undefined when it has none. */
  async activeRegistration(task: bigint, wallet: Hex, signal?: AbortSignal): Promise<number | undefined> {
    const { active, id } = await this.latestRegistration(task, wallet, signal);
    return active ? id : undefined;
  }

  /** The last registration of a wallet, and whether the contract still accepts it; id 0 and not active when it never had one. */
  latestRegistration(task: bigint, wallet: Hex, signal?: AbortSignal): Promise<{ active: boolean; id: number }> {
    return this.connection.ask(signal, async () => {
      const [active, id] = await this.connection.client.readContract({
        ...this.connection.coordinator,
        functionName: 'activeRegistration',
        args: [task, wallet],
      });
      return { active, id };
    });
  }

  /** The nonce that a wallet's next registration must carry. */
  registrationNonce(wallet: Hex, signal?: AbortSignal): Promise<bigint> {
    return this.connection.ask(signal, () =>
      this.connection.client.readContract({ ...this.connection.coordinator, functionName: 'nonces', args: [wallet] }),
    );
  }

  /** Registers; the stake must have been approved by the wallet. Returns the registration id. */
  async register(request: RegistrationRequest, signature: Hex, signal?: AbortSignal): Promise<number> {
    // Too late is an error here: the wallet may have an older registration, which is not this one.
    await this.connection.write(registerData(request, signature), signal, { lateIsFine: false });
    const id = await this.activeRegistration(request.task, request.wallet, signal);
    if (id === undefined) throw new MurmurError('not-found', 'the registration is not on chain');
    return id;
  }

  claimable(task: bigint, round: number, index: number, signal?: AbortSignal): Promise<bigint> {
    return this.connection.ask(signal, () =>
      this.connection.client.readContract({
        ...this.connection.coordinator,
        functionName: 'claimable',
        args: [task, round, index],
      }),
    );
  }

  claim(task: bigint, round: number, index: number, signal?: AbortSignal): Promise<void> {
    return this.connection.write(
      encodeFunctionData({ abi, functionName: 'claim', args: [task, round, index] }),
      signal,
    );
  }

  /** Ends the authorisation of the sender's session key; what it said in earlier rounds stays. */
  revoke(task: bigint, signal?: AbortSignal): Promise<void> {
    // Too late is an error here as well: only the contract's own word makes a revocation true.
    return this.connection.write(revokeData(task), signal, { lateIsFine: false });
  }

  withdraw(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'withdraw', args: [task] }), signal);
  }

  refund(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'refund', args: [task] }), signal);
  }

  deposit(amount: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'deposit', args: [amount] }), signal);
  }

  /** Lets the coordinator take FLOCK from the sender. */
  approve(flock: Hex, amount: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(approveData(this.domain, amount), signal, { to: flock });
  }

  /** FLOCK in wei. */
  balance(flock: Hex, owner: Hex, signal?: AbortSignal): Promise<bigint> {
    return this.connection.ask(signal, () =>
      this.connection.client.readContract({ address: flock, abi: flockAbi, functionName: 'balanceOf', args: [owner] }),
    );
  }
}
