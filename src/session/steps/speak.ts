/**
 * Saying one record in its phase, and never a second one: it is journalled before it leaves, and said again unchanged after a restart.
 * The relay carries it to the chain; when that takes too long its author posts it itself.
 */
import { has } from '../../core/bitmap.ts';
import { type Bytes, toHex } from '../../core/bytes.ts';
import { messageFor, type MessageOf } from '../../protocol/messages.ts';
import { spokenIn } from '../../protocol/phase-sets.ts';
import { Phase, type RecordPhase } from '../../protocol/phases.ts';
import { unpackRecord } from '../../protocol/record.ts';
import type { LiveRound } from '../live-round.ts';

/** What a record commits to: its digest, the opening of that, and where there are any the bytes behind it. */
interface Said<P extends RecordPhase> {
  readonly digest: Bytes;
  readonly body: MessageOf<P>['body'];
  readonly blob?: Bytes;
}

/** Phases whose digest says everything. */
const EMPTY_BODY: ReadonlySet<RecordPhase> = new Set([Phase.Ack, Phase.Have, Phase.Vote]);

/**
 * Says one record in its phase: journals it, hands the relay the bytes it commits to and then the message, and waits until it is
 * on chain. What was journalled before is said again unchanged. A record that came too late is no error: the round goes on.
 * @param answers unmask answers that go into calldata with the record
 */
export async function speakInPhase<P extends RecordPhase>(
  round: LiveRound,
  phase: P,
  index: number,
  make: () => Promise<Said<P>>,
  answers?: readonly Bytes[],
): Promise<void> {
  const { me } = round;
  if (round.view.phase > phase) return; // late, or said before a restart
  const said = await recordOf(round, phase, index, make);
  const message = messageFor(me.task, round.number, phase, said.record, said.body);
  const startedAtMs = me.clock.now();
  let published = false;
  let postedItself = false;
  while (round.view.phase === phase && !(await isOnChain(round, phase, index, said.record))) {
    if (!published) {
      await round.tolerating(async () => {
        if (said.blob) await me.relay.blobs.put(said.blob, round.signal);
        await me.relay.publish(message, round.signal);
        published = true;
      }, 'refused');
    }
    if (!postedItself && me.clock.now() - startedAtMs >= me.directPostAfterMs) {
      await round.tolerating(async () => {
        await me.chain.postRecords(me.task, round.number, phase, [said.record], answers, round.signal);
        postedItself = true;
      }, 'refused');
    }
    await round.poll();
  }
}

/** The one record of a slot with its opening: from the journal, or made and journalled now. */
async function recordOf<P extends RecordPhase>(
  round: LiveRound,
  phase: P,
  index: number,
  make: () => Promise<Said<P>>,
): Promise<Pick<Said<P>, 'body'> & { record: Bytes; blob?: Bytes | undefined }> {
  const { task, signer } = round.me;
  const known = await round.journal.get(`record/${phase}`);
  if (known && EMPTY_BODY.has(phase)) return { record: known, body: {} as MessageOf<P>['body'] };
  // The bytes behind a digest with an opening are journalled themselves, so making it again gives the same.
  const { digest, body, blob } = await make();
  const record = await round.journal.once(`record/${phase}`, () =>
    signer.sign({ task, round: round.number, group: 0, phase, index, digest }),
  );
  return { record, body, blob };
}

/** Whether the record is in its slot. In the join phase that is told by the roster. */
async function isOnChain(round: LiveRound, phase: RecordPhase, index: number, record: Bytes): Promise<boolean> {
  const { me } = round;
  if (phase !== Phase.Join) return has(spokenIn(round.view, phase), index);
  const { digest } = unpackRecord(record);
  let found: Bytes | undefined;
  await round.tolerating(async () => {
    found = (await me.chain.digests(me.task, round.number, phase, round.signal)).get(index);
  });
  return found !== undefined && toHex(found) === toHex(digest);
}
