/**
 * What a message must be before the relay keeps it: of the live round, of a phase that has begun, signed by the session key of a
 * member who may speak in it, with a body that fits its digest. The contract and the receivers check all of it again; these
 * checks keep the log small and tell an honest sender early what is wrong.
 */
import { has } from '../../src/core/bitmap.ts';
import { MurmurError, check } from '../../src/core/errors.ts';
import { type Message, messageRecord } from '../../src/protocol/messages.ts';
import { isOver, Phase, phaseName } from '../../src/protocol/phases.ts';
import type { RecordDomain } from '../../src/protocol/record.ts';
import type { Registration, RoundView } from '../../src/protocol/views.ts';
import { checkContent } from './content.ts';
import { allowedIn } from '../../src/protocol/phase-sets.ts';
import type { RelayStore } from './store.ts';
import type { TaskChain } from './task-chain.ts';
import type { RelayOptions, VerifySignature } from './types.ts';

export interface AdmissionContext {
  readonly chain: TaskChain;
  readonly domain: RecordDomain;
  readonly store: RelayStore;
  readonly options: RelayOptions;
  readonly verifySignature: VerifySignature;
}

/**
 * Checks a message; returns its round's view when it may be kept.
 * @param author registration that the sender proved to be; undefined where nobody was asked (simulation)
 * @throws MurmurError refused (late, early, not a member, another's message), bad-signature, bad-hash, not-found, bad-input
 */
export async function admit(
  context: AdmissionContext,
  message: Message,
  author: number | undefined,
  signal: AbortSignal | undefined,
): Promise<RoundView> {
  const view = await viewFor(context, message, signal);
  const sender = await senderOf(context, message, view, signal);
  if (author !== undefined && author !== sender.registrationId) {
    throw new MurmurError('refused', 'this message was signed by another registration', {
      hint: 'Publish your own messages only; a record of another belongs on the chain.',
    });
  }
  const { index, digest, signature } = messageRecord(message);
  const record = { task: BigInt(message.task), round: message.round, group: 0, phase: message.phase, index, digest };
  const address = await context.verifySignature(context.domain, record, signature);
  if (address.toLowerCase() !== sender.sessionKey.toLowerCase()) {
    throw new MurmurError(
      'bad-signature',
      `the record was not signed by the session key of ${slotName(message, index)}`,
    );
  }
  await checkContent({ message, sender, view, store: context.store, maxBlobBytes: context.options.maxBlobBytes });
  return view;
}

/** The live round, read again when the message is ahead of what was read before. */
async function viewFor(
  context: AdmissionContext,
  message: Message,
  signal: AbortSignal | undefined,
): Promise<RoundView> {
  for (const maxAgeMs of [context.options.viewMaxAgeMs, 0]) {
    const { round } = await context.chain.sight(maxAgeMs, signal);
    const live = round !== undefined && round.round === message.round;
    if (live && message.phase <= round.phase && !isOver(round.phase)) return round;
    if (round !== undefined && (message.round < round.round || (live && isOver(round.phase)))) {
      throw new MurmurError('refused', `round ${message.round} is over`, { details: { late: true } });
    }
  }
  throw new MurmurError('refused', `round ${message.round} has not reached its ${phaseName(message.phase)} phase`, {
    hint: 'Send it again when the chain shows the phase.',
    details: { early: true },
  });
}

async function senderOf(
  context: AdmissionContext,
  message: Message,
  view: RoundView,
  signal: AbortSignal | undefined,
): Promise<Registration> {
  const { index } = messageRecord(message);
  if (message.phase === Phase.Join) {
    if (view.phase === Phase.Join) return context.chain.registration(index, signal);
    // A member that posted its own join at the last moment still has to tell the others its keys.
    const joined = (await context.chain.roster(view, signal)).find(({ registrationId }) => registrationId === index);
    if (joined !== undefined) return joined;
    throw new MurmurError('refused', `round ${message.round} is not open for joining any more`, {
      details: { late: true },
    });
  }
  const sender = (await context.chain.roster(view, signal))[index];
  check(sender !== undefined, `the roster of round ${message.round} has no member ${index}`);
  if (!has(allowedIn(view, message.phase), index)) {
    throw new MurmurError(
      'refused',
      `${slotName(message, index)} has no say in this phase: it is not among the survivors`,
    );
  }
  return sender;
}

function slotName(message: Message, index: number): string {
  return `${message.phase === Phase.Join ? 'registration' : 'member'} ${index} (round ${message.round}, ${phaseName(message.phase)})`;
}
