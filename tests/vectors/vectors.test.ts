/** The committed protocol vectors against the implementation and against the independent reader. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateVectors } from './generate.ts';
import { verify } from './reader.mjs';

const FILE = new URL('./protocol.json', import.meta.url);

if (process.env['MURMUR_WRITE_VECTORS'] === '1')
  writeFileSync(FILE, `${JSON.stringify(await generateVectors(), null, 1)}\n`);
const committed: unknown = JSON.parse(readFileSync(FILE, 'utf8'));

/** Every text in a JSON value, with a way to change it. */
function* texts(
  value: unknown,
  path: string,
): Generator<{ path: string; text: string; change: (text: string) => void }> {
  if (typeof value !== 'object' || value === null) return;
  const object = value as Record<string, unknown>;
  for (const [key, item] of Object.entries(object)) {
    if (typeof item === 'string')
      yield {
        path: `${path}.${key}`,
        text: item,
        change: (text) => {
          object[key] = text;
        },
      };
    else yield* texts(item, `${path}.${key}`);
  }
}

describe('tests/vectors/protocol.json', () => {
  it('is what the implementation makes', async () => {
    expect(JSON.parse(JSON.stringify(await generateVectors()))).toEqual(committed);
  });

  it('is what the independent reader makes', () => {
    expect(verify(structuredClone(committed))).toBeGreaterThan(200);
  });

  it('is refused by the reader with any one hex value changed', () => {
    const copy = structuredClone(committed);
    const unnoticed: string[] = [];
    let changed = 0;
    for (const { path, text, change } of texts(copy, '')) {
      // Every fourth value, so that the test stays short; each kind of value comes up many times.
      if (!text.startsWith('0x') || changed++ % 4 !== 0) continue;
      change(`${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`);
      try {
        verify(copy);
        unnoticed.push(path);
      } catch {
        // as it should
      }
      change(text);
    }
    expect(unnoticed).toEqual([]);
    expect(changed).toBeGreaterThan(100);
  });
});
