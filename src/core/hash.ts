/** SHA-256 (FIPS 180-4) through WebCrypto. Bulk is hashed with SHA-256 because the EVM has it as a precompile. */
import { type Bytes, concatBytes } from './bytes.ts';

/** SHA-256 of the concatenation of the parts: 32 bytes. */
export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const data = parts.length === 1 ? (parts[0] as Bytes) : concatBytes(...parts);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}
