/** Small PNG files in every way of storing pixels, with their RGBA bytes worked by hand. */
import { type PngLayout, pngBytes } from './picture-files.ts';

export interface KnownPng {
  readonly name: string;
  readonly file: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
  /** how far a host's bytes may lie from these, over white */
  readonly tolerance: 0 | 1;
}

const grey = (...values: readonly number[]) => values.flatMap((value) => [value, value, value, 255]);

function known(
  name: string,
  layout: PngLayout,
  rows: readonly (readonly number[])[],
  rgba: readonly number[],
  tolerance: 0 | 1 = 0,
): KnownPng {
  const { width, height } = layout;
  const file = pngBytes(
    layout,
    rows.map((row) => Uint8Array.from(row)),
  );
  return { name, file, width, height, rgba: Uint8Array.from(rgba), tolerance };
}

export const KNOWN_PNGS: readonly KnownPng[] = [
  known(
    'one bit',
    { width: 3, height: 2, colour: 0, depth: 1 },
    [[0b10100000], [0b01000000]],
    grey(255, 0, 255, 0, 255, 0),
  ),
  known('two bits', { width: 4, height: 1, colour: 0, depth: 2 }, [[0b00011011]], grey(0, 85, 170, 255)),
  known('four bits', { width: 3, height: 1, colour: 0, depth: 4 }, [[0x0f, 0x80]], grey(0, 255, 136)),
  known(
    'grey',
    { width: 2, height: 2, colour: 0 },
    [
      [7, 99],
      [200, 255],
    ],
    grey(7, 99, 200, 255),
  ),
  known('grey in 16 bits', { width: 2, height: 1, colour: 0, depth: 16 }, [[0x7f, 0xff, 0x12, 0x34]], grey(128, 18), 1),
  known('colours', { width: 2, height: 1, colour: 2 }, [[1, 2, 3, 250, 128, 0]], [1, 2, 3, 255, 250, 128, 0, 255]),
  known(
    'a palette',
    { width: 3, height: 1, colour: 3, depth: 2, palette: Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90) },
    [[0b10000100]],
    [70, 80, 90, 255, 10, 20, 30, 255, 40, 50, 60, 255],
  ),
  known(
    'a palette with opacity',
    { width: 2, height: 1, colour: 3, palette: Uint8Array.of(10, 20, 30, 40, 50, 60), opacity: Uint8Array.of(128) },
    [[0, 1]],
    [10, 20, 30, 128, 40, 50, 60, 255],
    1,
  ),
  known(
    'grey with opacity',
    { width: 2, height: 1, colour: 4 },
    [[90, 0, 90, 200]],
    [90, 90, 90, 0, 90, 90, 90, 200],
    1,
  ),
  known('colours with opacity', { width: 1, height: 1, colour: 6 }, [[12, 34, 56, 77]], [12, 34, 56, 77], 1),
];

/** A byte of a pixel as it lies over white, which is how pictures are read (picture-scale.ts). */
export function overWhite(rgba: ArrayLike<number>): readonly number[] {
  return Array.from(rgba, (value, i) => {
    const opacity = (rgba[i - (i % 4) + 3] as number) / 255;
    return i % 4 === 3 ? 255 : value * opacity + 255 * (1 - opacity);
  });
}
