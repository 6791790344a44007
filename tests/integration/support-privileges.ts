/**
 * Who may call what, asked of a chain: every function of a contract that could change something, called by everybody in a cast. Calls
 * are only simulated; what counts is whether the contract refuses its caller, or does what it is asked, or fails for another reason.
 */
import {
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  ExecutionRevertedError,
  type Abi,
  type AbiFunction,
  type AbiParameter,
  type Address,
  type PublicClient,
  toFunctionSignature,
} from 'viem';
import { revertName } from '../../src/chain/revert-words.ts';

/** What our contracts and OpenZeppelin's say when it is the caller whom they do not like. */
const REFUSALS = new Set([
  'AccessControlBadConfirmation',
  'AccessControlUnauthorizedAccount',
  'GovernorDisabledDeposit',
  'GovernorOnlyExecutor',
  'NotDeployer',
  'NotGmFlock',
  'NotGovernance',
  'NotGuardian',
  'NotListed',
  'NotMinter',
  'NotModule',
  'NotOwner',
  'NotTransferable',
  'TimelockUnauthorizedCaller',
]);

/** Who of the cast may call, and what the contract tells the others. */
export interface Rule {
  readonly may: readonly string[];
  readonly refusal: string;
  /** where the values that follow from the types do not get as far as the check of the caller */
  readonly args?: readonly unknown[];
}

/**
 * By signature, `name(type,type)`: a rule, or `anybody`, where a caller can only do something with what is its own.
 */
export type Rules = Readonly<Record<string, Rule | 'anybody'>>;

export interface Walked {
  readonly name: string;
  readonly address: Address;
  readonly abi: Abi;
  readonly rules: Rules;
}

function changingFunctions(abi: Abi): AbiFunction[] {
  return abi.filter((item): item is AbiFunction => item.type === 'function' && !isReading(item));
}

const isReading = (item: AbiFunction): boolean => item.stateMutability === 'view' || item.stateMutability === 'pure';

/** Functions without a rule, and rules without a function. */
export function unruled({ abi, rules }: Walked): { functions: string[]; rules: string[] } {
  const signatures = changingFunctions(abi).map(toFunctionSignature);
  return {
    functions: signatures.filter((signature) => rules[signature] === undefined),
    rules: Object.keys(rules).filter((signature) => !signatures.includes(signature)),
  };
}

/**
 * Everything that is not as the rules say, in words; empty when all is well.
 * @param cast addresses by role
 */
export async function walk(
  reader: PublicClient,
  { name, address, abi, rules }: Walked,
  cast: Readonly<Record<string, Address>>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const item of changingFunctions(abi)) {
    const signature = toFunctionSignature(item);
    const rule = rules[signature] ?? 'anybody';
    const args = (rule === 'anybody' ? undefined : rule.args) ?? item.inputs.map(plainValue);
    for (const [role, account] of Object.entries(cast)) {
      const answer = await refusal(reader, {
        address,
        abi: [item, ...errorsOf(abi)],
        functionName: item.name,
        args,
        account,
      });
      const wanted = rule === 'anybody' || rule.may.includes(role) ? undefined : rule.refusal;
      if (answer !== wanted)
        wrong.push(`${name}.${signature} by ${role}: ${answer ?? 'let in'}, not ${wanted ?? 'let in'}`);
    }
  }
  return wrong;
}

const errorsOf = (abi: Abi): Abi => abi.filter(({ type }) => type === 'error');

async function refusal(
  reader: PublicClient,
  call: { address: Address; abi: Abi; functionName: string; args: readonly unknown[]; account: Address },
): Promise<string | undefined> {
  try {
    await reader.simulateContract(call);
    return undefined;
  } catch (error) {
    const name = revertName(error);
    if (name === undefined && !isRevert(error)) throw error;
    return name !== undefined && REFUSALS.has(name) ? name : undefined;
  }
}

/** Whether the contract itself refused, not the endpoint: silence must not look like being let in. */
function isRevert(error: unknown): boolean {
  const kinds = [ContractFunctionRevertedError, ContractFunctionZeroDataError, ExecutionRevertedError];
  return error instanceof BaseError && error.walk((cause) => kinds.some((kind) => cause instanceof kind)) !== null;
}

/** A value of a type: 1, an address of nobody's, an empty list. */
function plainValue(parameter: AbiParameter): unknown {
  const { type } = parameter;
  const fixed = /^(.*)\[(\d*)\]$/.exec(type);
  if (fixed !== null) {
    const [, inner = '', length = ''] = fixed;
    return Array.from({ length: Number(length) }, () => plainValue({ ...parameter, type: inner }));
  }
  if (type === 'tuple' && 'components' in parameter) return parameter.components.map(plainValue);
  if (type === 'address') return NOBODY;
  if (type === 'bool') return true;
  if (type === 'string') return '';
  if (type === 'bytes') return '0x';
  if (type.startsWith('bytes')) return `0x${'01'.repeat(Number(type.slice('bytes'.length)))}`;
  // viem wants a number where 48 bits are enough.
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 256);
  return bits <= 48 ? 1 : 1n;
}

const NOBODY: Address = `0x${'0b'.repeat(20)}`;
