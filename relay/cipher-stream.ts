/**
 * AES-128-CTR key stream by OpenSSL (node:crypto): the same bytes as WebCrypto's, several times faster in a thread of its own
 * because nothing is copied or scheduled between two calls.
 */
import { type Cipher, createCipheriv } from 'node:crypto';
import { type Bytes, uintBytes } from '../src/core/bytes.ts';
import type { OpenStream } from '../src/masking/stream.ts';

const AES_BLOCK_BYTES = 16;
let zeros = new Uint8Array(0);

/** Counter block 0 at offset 0; offsets are multiples of the block. Reading on from where the last read ended costs no new cipher. */
export const cipherStream: OpenStream = async (key: Bytes) => {
  let cipher: Cipher | undefined;
  let next = -1;
  return async (offset, lengthBytes) => {
    if (cipher === undefined || offset !== next) {
      cipher = createCipheriv('aes-128-ctr', key, uintBytes(offset / AES_BLOCK_BYTES, AES_BLOCK_BYTES));
    }
    next = offset + lengthBytes;
    if (zeros.length < lengthBytes) zeros = new Uint8Array(lengthBytes);
    return new Uint8Array(cipher.update(zeros.subarray(0, lengthBytes)));
  };
};
