/** Keystores that other wallets read: the scrypt vector of the Web3 Secret Storage Definition. */
import { expect, it } from 'vitest';
import { type Bytes, fromHex } from '../core/bytes.ts';
import { writeKeystore } from './keystore.ts';

const ADDRESS = '0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b';
const SECRET = fromHex('7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d');

/** Gives prepared bytes one after the other. */
function prepared(...values: string[]): (lengthBytes: number) => Bytes {
  return (lengthBytes) => fromHex(values.shift() ?? '', lengthBytes);
}

it('is what the specification says for its scrypt vector', async () => {
  const random = prepared(
    'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    '83dbcc02d8ccb40e466191a123791e0e',
    '3198bc9c66725ab3d9954942343ae5b6',
  );
  const text = await writeKeystore(SECRET, ADDRESS, 'testpassword', { random, scrypt: { n: 262_144, r: 1, p: 8 } });
  expect(JSON.parse(text)).toEqual({
    version: 3,
    // The vector's own is of UUID version 5; here it is random, version 4.
    id: '3198bc9c-6672-4ab3-9995-4942343ae5b6',
    address: '008aeeda4d805471df9b2a5b0f38a0c3bcba786b',
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
      ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
      kdf: 'scrypt',
      kdfparams: {
        dklen: 32,
        n: 262_144,
        r: 1,
        p: 8,
        salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
      },
      mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
    },
  });
});

it('refuses a short password', async () => {
  const random = prepared();
  await expect(writeKeystore(SECRET, ADDRESS, '1234567', { random })).rejects.toMatchObject({ code: 'bad-input' });
});
