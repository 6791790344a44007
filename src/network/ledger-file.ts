/**
 * The ledger as a file that can be kept and checked: canonical JSON (RFC 8785) `{"ledger": ..., "signature": "0x..."}`. The signature is
 * an EIP-191 personal message over the 32 bytes of SHA-256(canonical JSON of `ledger`).
 *
 * It shows: the file is as the holder of the signing key exported it, and nothing was changed, added or removed since. When the key is
 * the session key of a registration, the chain names the wallet that authorised it. It does not show that the holder's page was
 * honest; that is what the source, the content security policy and the browser's own network panel are for.
 */
import * as v from 'valibot';
import { type Bytes, type Hex, toHex, utf8 } from '../core/bytes.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { hasCode, MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';

const hex = (lengthBytes: number) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^0x[0-9a-f]{${2 * lengthBytes}}$`)),
    v.transform((text) => text as Hex),
  );
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4096));

const Entry = v.strictObject({
  id: count,
  timeMs: count,
  destination: text,
  method: text,
  kind: text,
  sizeBytes: count,
  sha256: hex(32),
  detail: v.optional(text),
  blob: v.optional(hex(32)),
  transaction: v.optional(hex(32)),
  /** the record on chain that it belongs to */
  step: v.optional(
    v.strictObject({ chainId: count, coordinator: hex(20), task: text, round: count, phase: count, index: count }),
  ),
});
const Body = v.strictObject({
  version: v.literal(1),
  /** of the page */
  origin: text,
  /** ISO 8601 */
  exportedAt: v.pipe(v.string(), v.isoTimestamp()),
  /** oldest first */
  entries: v.array(Entry),
  /** of all requests ever, those that are no longer listed included; by kind */
  totals: v.array(v.strictObject({ kind: text, requests: count, bytes: count })),
  /** SHA-256 of the canonical JSON of `entries` */
  entriesSha256: hex(32),
  signer: v.strictObject({
    address: hex(20),
    /** where the chain knows the address by; absent for a key of the browser alone */
    registration: v.optional(
      v.strictObject({ chainId: count, coordinator: hex(20), task: text, registrationId: count }),
    ),
  }),
});
const File = v.strictObject({
  ledger: Body,
  signature: v.pipe(
    v.string(),
    v.regex(/^0x[0-9a-f]{130}$/),
    v.transform((text) => text as Hex),
  ),
});

export type LedgerFileBody = v.InferOutput<typeof Body>;

/** @param sign EIP-191 personal message with the signer's key */
export async function writeLedgerFile(
  body: Omit<LedgerFileBody, 'version' | 'entriesSha256'>,
  sign: (digest: Bytes) => Promise<Hex>,
): Promise<string> {
  const entriesSha256 = toHex(await sha256(utf8(canonicalJson(body.entries))));
  const ledger = { version: 1, ...body, entriesSha256 };
  return canonicalJson({ ledger, signature: await sign(await digestOf(ledger)) });
}

export interface LedgerCheck {
  readonly ledger: LedgerFileBody;
  /** the signature is that of the signer named in the file */
  readonly signatureHolds: boolean;
  /** the entries are those that their hash names */
  readonly entriesHold: boolean;
  /** entries are in order, and no kind has more of them than its total says */
  readonly totalsHold: boolean;
}

/**
 * @param recover the signer of an EIP-191 personal message; throws bad-signature when there is none
 * @throws MurmurError bad-input that names the field, when it is no such file
 */
export async function checkLedgerFile(
  fileText: string,
  recover: (digest: Bytes, signature: Hex) => Promise<Hex>,
): Promise<LedgerCheck> {
  const { ledger, signature } = parse(fileText);
  const entriesSha256 = toHex(await sha256(utf8(canonicalJson(ledger.entries))));
  return {
    ledger,
    signatureHolds: (await signerOf(await digestOf(ledger), signature, recover)) === ledger.signer.address,
    entriesHold: entriesSha256 === ledger.entriesSha256,
    totalsHold: totalsHold(ledger),
  };
}

function parse(fileText: string): v.InferOutput<typeof File> {
  let value: unknown;
  try {
    value = JSON.parse(fileText);
  } catch (cause) {
    throw new MurmurError('bad-input', 'the file is not JSON', { hint: 'Choose a file that /left exported.', cause });
  }
  const result = v.safeParse(File, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new MurmurError('bad-input', `this is no exported ledger: ${v.getDotPath(issue) ?? 'the file'} does not fit`, {
    hint: 'Choose a file that /left exported.',
    details: { field: v.getDotPath(issue) ?? '', problem: issue.message.slice(0, 200) },
  });
}

async function signerOf(
  digest: Bytes,
  signature: Hex,
  recover: (digest: Bytes, signature: Hex) => Promise<Hex>,
): Promise<Hex | undefined> {
  try {
    return await recover(digest, signature);
  } catch (error) {
    if (!hasCode(error, 'bad-signature')) throw error;
    return undefined;
  }
}

function digestOf(ledger: unknown): Promise<Bytes> {
  return sha256(utf8(canonicalJson(ledger)));
}

function totalsHold({ entries, totals }: LedgerFileBody): boolean {
  const left = new Map(totals.map(({ kind, requests, bytes }) => [kind, { requests, bytes }]));
  let last = 0;
  for (const { id, kind, sizeBytes } of entries) {
    const total = left.get(kind);
    if (id <= last || total === undefined) return false;
    last = id;
    total.requests -= 1;
    total.bytes -= sizeBytes;
  }
  return left.size === totals.length && [...left.values()].every(({ requests, bytes }) => requests >= 0 && bytes >= 0);
}
