/**
 * An encoded row as a person can look at it again: cells, a picture, a text, lines of sensors. The inverse of reading, as far as there
 * is one: a picture has the size that the task scaled it to, a text the characters that the task knows, a number the precision of float32.
 */
import { check } from '../core/errors.ts';
import { type DataSpec } from '../protocol/data-spec.ts';
import { PADDING, featureWidth } from '../protocol/target.ts';

export type Example =
  | {
      readonly kind: 'table';
      readonly cells: readonly { readonly name: string; readonly value: string; readonly unit?: string | undefined }[];
    }
  | {
      readonly kind: 'pictures';
      readonly height: number;
      readonly width: number;
      readonly channels: 1 | 3;
      /** height x width x channels, row-major */
      readonly pixels: Uint8ClampedArray<ArrayBuffer>;
    }
  | { readonly kind: 'texts'; readonly text: string }
  | {
      readonly kind: 'series';
      /** one value a line of the window, oldest first */
      readonly sensors: readonly {
        readonly name: string;
        readonly unit?: string | undefined;
        readonly values: Float32Array;
      }[];
    };

/**
 * The row of a feature matrix.
 * @param features as EncodedRows has them: places in public ranges, one-hot categories, or codes
 */
export function exampleOf(data: DataSpec, features: Float32Array, row: number): Example {
  const width = featureWidth(data);
  const values = features.slice(row * width, (row + 1) * width);
  check(values.length === width, `there is no row ${row}`);
  switch (data.kind) {
    case 'table': {
      let place = 0;
      const cells = data.columns.map((column) => {
        if (column.kind === 'number') {
          const { name, minimum, maximum, unit } = column;
          return { name, value: numberText(minimum + (maximum - minimum) * (values[place++] as number)), unit };
        }
        const chosen = values.subarray(place, place + column.categories.length).findIndex((value) => value >= 0.5);
        place += column.categories.length;
        return { name: column.name, value: column.categories[chosen] ?? '' };
      });
      return { kind: 'table', cells };
    }
    case 'pictures': {
      const { height, width: across, channels } = data;
      // Clamped, and rounded to the nearest.
      return {
        kind: 'pictures',
        height,
        width: across,
        channels,
        pixels: Uint8ClampedArray.from(values, (value) => 255 * value),
      };
    }
    case 'texts': {
      const characters = [...data.alphabet];
      const text = Array.from(values, (code) => (code === PADDING ? '' : (characters[code - 1] ?? ''))).join('');
      return { kind: 'texts', text };
    }
    case 'series': {
      const sensors = data.columns.length;
      return {
        kind: 'series',
        sensors: data.columns.map(({ name, unit, minimum, maximum }, sensor) => ({
          name,
          unit,
          values: Float32Array.from(
            { length: data.window },
            (_, line) => minimum + (maximum - minimum) * (values[line * sensors + sensor] as number),
          ),
        })),
      };
    }
  }
}

/** Float32 has some seven digits; five are enough to know a cell by. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(5)));
}
