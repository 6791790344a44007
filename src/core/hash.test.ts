import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { concatBytes, toHex, utf8, type Bytes } from './bytes.ts';
import { sha256 } from './hash.ts';
import { merkleLeaf, merkleRoot } from './merkle.ts';

describe('sha256', () => {
  it('gives FIPS 180-4 and joins its parts', async () => {
    expect(toHex(await sha256(utf8('abc')))).toBe('0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await sha256(utf8('a'), utf8('bc'))).toEqual(await sha256(utf8('abc')));
    expect(toHex(await sha256())).toBe('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('merkleRoot', () => {
  const node = (left: Buffer, right: Buffer) =>
    createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
  const leaf = (i: number) => createHash('sha256').update(Buffer.of(0)).update(Buffer.of(i)).digest();

  it('moves an odd last node up unchanged', async () => {
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map(leaf) as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const expected = [
      a,
      node(a, b),
      node(node(a, b), c),
      node(node(a, b), node(c, d)),
      node(node(node(a, b), node(c, d)), e),
    ];
    for (const [i, root] of expected.entries()) {
      const leaves = await Promise.all(Array.from({ length: i + 1 }, (_, j) => merkleLeaf(Uint8Array.of(j))));
      expect(Buffer.from(await merkleRoot(leaves)).equals(root), `${i + 1} leaves`).toBe(true);
    }
  });

  it('tells leaves from nodes and refuses an empty tree', async () => {
    const leaves = (await Promise.all([0, 1].map((i) => merkleLeaf(Uint8Array.of(i))))) as [Bytes, Bytes];
    expect(await merkleLeaf(concatBytes(...leaves))).not.toEqual(await merkleRoot(leaves));
    await expect(merkleRoot([])).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('canonicalJson', () => {
  it('sorts keys by UTF-16 code units and writes numbers as ECMAScript does (RFC 8785, 3.2)', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0],
      literals: [null, true, false],
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\u0080': 'Control',
      '\ud83d\ude00': 'Emoji',
      1: 'One',
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"\u0080":"Control","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji"}',
    );
  });

  it('refuses what JSON does not have', () => {
    for (const value of [NaN, Infinity, undefined, { a: undefined }, () => 1, 1n])
      expect(() => canonicalJson(value)).toThrow('canonical JSON');
  });
});
