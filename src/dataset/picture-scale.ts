/**
 * A picture of any size as the task's: scaled by the mean over the area that a pixel covers (box filter), in grey or in colour; squeezed
 * into the task's shape, or its middle of that shape.
 */
import type { PicturesSpec } from '../protocol/data-spec.ts';
import type { ExamplesPlan } from './examples-plan.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1, 3, or 4 with an opacity that lies over white */
  readonly channels: number;
  /** height x width x channels, row-major */
  readonly values: ArrayLike<number>;
  /** of the first value of the picture in `values` */
  readonly start?: number;
  /** the value that is white */
  readonly maximum: number;
}

/** ITU-R BT.601 luma. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Writes a picture as the task encodes it, in [0, 1].
 * @param out height x width x channels of the task, from `at` on
 */
export function encodePicture(
  picture: Picture,
  spec: PicturesSpec,
  out: Float32Array,
  at: number,
  fit: ExamplesPlan['fit'] = 'squeeze',
): void {
  const { width, height, channels } = spec;
  if (picture.width === width && picture.height === height) {
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let c = 0; c < channels; c++) out[at + pixel * channels + c] = valueOf(picture, pixel, c, channels);
    }
    return;
  }
  // Pixels of the picture in one of the task's: as many across as down where only the middle is taken.
  const scale = Math.min(picture.width / width, picture.height / height);
  const columns = cover(picture.width, width, fit === 'middle' ? scale : picture.width / width);
  const rows = cover(picture.height, height, fit === 'middle' ? scale : picture.height / height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let [sum, area] = [0, 0];
        for (const [row, tall] of rows[y] as Cover) {
          for (const [column, wide] of columns[x] as Cover) {
            sum += tall * wide * valueOf(picture, row * picture.width + column, c, channels);
            area += tall * wide;
          }
        }
        out[at + (y * width + x) * channels + c] = Math.min(1, Math.max(0, sum / area));
      }
    }
  }
}

/** A picture as bytes for a screen. */
export function toRgba(features: Float32Array, at: number, { width, height, channels }: PicturesSpec): Uint8Array {
  const out = new Uint8Array(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      out[4 * pixel + c] = Math.round(255 * (features[at + pixel * channels + (channels === 3 ? c : 0)] as number));
    }
  }
  return out;
}

function valueOf(
  { values, start = 0, channels, maximum }: Picture,
  pixel: number,
  channel: number,
  wanted: number,
): number {
  const from = start + pixel * channels;
  const opacity = channels === 4 ? (values[from + 3] as number) / maximum : 1;
  const value = (c: number) => ((values[from + c] as number) / maximum) * opacity + (1 - opacity);
  if (channels === 1) return value(0);
  if (wanted === 3) return value(channel);
  return LUMA[0] * value(0) + LUMA[1] * value(1) + LUMA[2] * value(2);
}

/** Source places and how much of each a target place covers. */
type Cover = readonly (readonly [number, number])[];

/** @param step source places in a target place; what is left over lies on both sides */
function cover(source: number, target: number, step: number): readonly Cover[] {
  const start = step === source / target ? 0 : (source - target * step) / 2;
  return Array.from({ length: target }, (_, i) => {
    const [from, to] = [start + i * step, start + (i + 1) * step];
    const last = Math.min(source, Math.ceil(to - 1e-9));
    const places: [number, number][] = [];
    for (let place = Math.floor(from + 1e-9); place < last; place++) {
      places.push([place, Math.min(to, place + 1) - Math.max(from, place)]);
    }
    return places;
  });
}
