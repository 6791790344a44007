/** Signatures of a drand network over its HTTP API (https://docs.drand.love/developer/http-api), e.g. evmnet. The contract verifies them. */
import * as v from 'valibot';
import type { BeaconSource } from '../relay/core/types.ts';
import { fromHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { Sender } from '../src/network/sender.ts';

const SIGNATURE_BYTES = 64;
const Answer = v.object({ round: v.number(), signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)) });

/** @param url up to and with the chain hash, e.g. https://api.drand.sh/04f1e906…66ec8c3 */
export function drandBeacon(url: string, sender: Sender): BeaconSource {
  return {
    async signature(round, signal) {
      const response = await sender.fetchAs('beacon request')(`${url}/public/${round}`, { signal });
      // Not due yet: 425 by the protocol, 404 by some mirrors.
      if (response.status === 425 || response.status === 404) return undefined;
      const parsed = v.safeParse(Answer, await response.json().catch(() => undefined));
      if (!response.ok || !parsed.success || BigInt(parsed.output.round) !== round) {
        throw new MurmurError('unreachable', `the beacon at ${url} gives no signature of round ${round}`);
      }
      return fromHex(parsed.output.signature, SIGNATURE_BYTES);
    },
  };
}
