/**
 * Text from a model of the next character, one character at a time (ancestral sampling): the model reads what stands there, a character
 * is drawn from the chances that it gives, and is read with the rest. The chances are sharpened or flattened by a temperature
 * (Ackley, Hinton and Sejnowski 1985): p^(1/T), scaled to one.
 *
 * The model sees at most the task's length; of a longer text, the end. Two codes are never drawn: the empty place, and the alphabet's last
 * character, which stands for all that the alphabet does not have.
 */
import { check, MurmurError } from '../core/errors.ts';
import { Alphabet } from '../dataset/texts.ts';
import type { TextsSpec } from '../protocol/data-spec.ts';
import { characterCodes } from '../protocol/target.ts';

/** Most characters that one call writes. */
export const MOST_WRITTEN = 2_000;
export const HIGHEST_TEMPERATURE = 2;

export interface WritingOptions {
  /** begins the text; at least one character */
  readonly prompt: string;
  /** characters to add, at most {@link MOST_WRITTEN} */
  readonly characters: number;
  /** 0 takes the likeliest character each time; 1 draws by the model's own chances; at most {@link HIGHEST_TEMPERATURE} */
  readonly temperature: number;
  /** uniform in [0, 1) */
  readonly uniform: () => number;
  /** one example of codes to a chance a character at each of its places (TrainerPort.predict with one row) */
  readonly predict: (codes: Float32Array) => Promise<Float32Array>;
  /** hears the text so far after each character, prompt included; may throw to stop */
  readonly onText?: ((text: string) => void) | undefined;
}

/**
 * @returns the prompt as the model read it, and what it added
 * @throws MurmurError unsupported for a task that does not predict characters; bad-input for an empty prompt or options out of range
 */
export async function writeText(data: TextsSpec, options: WritingOptions): Promise<string> {
  const { prompt, characters, temperature, uniform, predict, onText } = options;
  if (data.learn.kind !== 'next')
    throw new MurmurError('unsupported', 'this model tells texts apart; it cannot write any');
  check(
    Number.isInteger(characters) && characters >= 1 && characters <= MOST_WRITTEN,
    `the number of characters to write must be in 1..${MOST_WRITTEN}`,
  );
  check(temperature >= 0 && temperature <= HIGHEST_TEMPERATURE, `the temperature must be in 0..${HIGHEST_TEMPERATURE}`);
  const alphabet = new Alphabet(data);
  const codes = [...alphabet.encode(prompt)];
  check(codes.length > 0, 'the model needs a beginning', 'Type at least one character.');
  const width = characterCodes(data);
  for (let written = 0; written < characters; written++) {
    const seen = codes.slice(-data.length);
    const example = new Float32Array(data.length);
    example.set(seen);
    const chances = await predict(example);
    const from = (seen.length - 1) * width;
    // Without the empty place in front and the stand-in at the end.
    codes.push(1 + draw(chances.subarray(from + 1, from + width - 1), temperature, uniform()));
    onText?.(alphabet.decode(codes));
  }
  return alphabet.decode(codes);
}

/**
 * The place of a draw.
 * @param chances not negative; need not add up to one
 * @param uniform in [0, 1)
 * @throws MurmurError bad-input when no chance is above zero
 */
function draw(chances: Float32Array, temperature: number, uniform: number): number {
  const best = chances.reduce((place, chance, i) => (chance > (chances[place] as number) ? i : place), 0);
  const highest = chances[best] as number;
  check(highest > 0 && Number.isFinite(highest), 'the model gives no chances', 'Choose another model.');
  if (temperature === 0) return best;
  // Over the highest, so that a low temperature does not underflow.
  const sharpened = Float64Array.from(chances, (chance) => (chance / highest) ** (1 / temperature));
  let left = uniform * sharpened.reduce((sum, weight) => sum + weight, 0);
  for (const [place, weight] of sharpened.entries()) {
    left -= weight;
    if (left < 0) return place;
  }
  return best;
}
