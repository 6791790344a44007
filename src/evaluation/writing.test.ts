import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import type { TextsSpec } from '../protocol/data-spec.ts';
import { writeText, type WritingOptions } from './writing.ts';

// Codes: 0 empty, a = 1, b = 2, c = 3, □ = 4.
const DATA: TextsSpec = {
  kind: 'texts',
  alphabet: 'abc□',
  lowerCase: true,
  length: 4,
  delimiter: '\t',
  learn: { kind: 'next' },
};
const WIDTH = 5;

/** The same chances at every place: of nothing, a, b, c, the stand-in. */
const always = (chances: readonly number[]) => async () =>
  Float32Array.from({ length: DATA.length * WIDTH }, (_, i) => chances[i % WIDTH] as number);

function write(options: Partial<WritingOptions>): Promise<string> {
  return writeText(DATA, {
    prompt: 'a',
    characters: 4,
    temperature: 1,
    uniform: () => 0,
    predict: always([0, 1, 1, 1, 0]),
    ...options,
  });
}

describe('text from a model of the next character', () => {
  it('takes the likeliest at temperature 0, never the empty place or the stand-in', async () => {
    expect(await write({ temperature: 0, predict: always([0.5, 0.1, 0.2, 0.05, 0.15]) })).toBe('abbbb');
  });

  it('draws by the chances: 0.2, 0.5 and 0.3 of a, b and c', async () => {
    const predict = always([0, 0.2, 0.5, 0.3, 0]);
    for (const [uniform, drawn] of [
      [0.19, 'a'],
      [0.21, 'b'],
      [0.69, 'b'],
      [0.71, 'c'],
    ] as const)
      expect(await write({ characters: 1, uniform: () => uniform, predict })).toBe(`a${drawn}`);
  });

  it('sharpens by hand: at temperature 0.5, chances 1 and 3 of four become 1 and 9 of ten', async () => {
    const predict = always([0, 0.25, 0.75, 0, 0]);
    expect(await write({ characters: 1, temperature: 0.5, uniform: () => 0.0999, predict })).toBe('aa');
    expect(await write({ characters: 1, temperature: 0.5, uniform: () => 0.1001, predict })).toBe('ab');
  });

  it('does not underflow at a very low temperature', async () => {
    expect(await write({ temperature: 1e-9, uniform: () => 0.999, predict: always([0, 1e-30, 2e-30, 0, 0]) })).toBe(
      'abbbb',
    );
  });

  it('shows the model the end of a longer text, and reads the chances behind its last character', async () => {
    const seen: number[][] = [];
    const text = await write({
      prompt: 'ab',
      characters: 4,
      predict: async (codes) => {
        seen.push([...codes]);
        // At each place: the character after the one that stands there.
        const chances = new Float32Array(DATA.length * WIDTH);
        codes.forEach((code, place) => (chances[place * WIDTH + (code % 3) + 1] = 1));
        return chances;
      },
    });
    expect(text).toBe('abcabc');
    expect(seen).toEqual([
      [1, 2, 0, 0],
      [1, 2, 3, 0],
      [1, 2, 3, 1],
      [2, 3, 1, 2],
    ]);
  });

  it('tells the text as it grows, and stops when the listener throws', async () => {
    const heard: string[] = [];
    await write({ characters: 2, onText: (text) => heard.push(text) });
    expect(heard).toEqual(['aa', 'aaa']);
    const stop = new Error('enough');
    await expect(
      write({
        onText: () => {
          throw stop;
        },
      }),
    ).rejects.toBe(stop);
  });

  it('writes only what its alphabet has, whatever the model says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ min: Math.fround(1e-6), max: 1, noNaN: true }), { minLength: WIDTH, maxLength: WIDTH }),
        fc.integer({ min: 0, max: 200 }),
        fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
        async (chances, temperature, prompt) => {
          const random = new SeededRandom(new Uint8Array(12).fill(7));
          const text = await write({
            prompt,
            characters: 20,
            temperature: temperature / 100,
            uniform: () => random.uniform(),
            predict: always(chances),
          });
          expect(text.slice(-20)).toMatch(/^[abc]{20}$/);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses what it cannot do, in words', async () => {
    await expect(write({ prompt: '' })).rejects.toMatchObject({
      code: 'bad-input',
      hint: 'Type at least one character.',
    });
    await expect(write({ characters: 0 })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(write({ temperature: 3 })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(write({ predict: always([0, NaN, NaN, NaN, 0]) })).rejects.toMatchObject({ code: 'bad-input' });
    const label = { name: 'spam', description: 'Spam or not', classes: [{ name: 'ham', marks: ['ham'] }] };
    const refused = writeText(
      { ...DATA, learn: { kind: 'class', label } },
      { prompt: 'a', characters: 1, temperature: 1, uniform: () => 0, predict: always([0, 1, 1, 1, 0]) },
    );
    await expect(refused).rejects.toMatchObject({ code: 'unsupported' });
  });
});
