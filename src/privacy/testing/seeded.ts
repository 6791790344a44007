/** Random bytes for tests that must come out the same every time. */
import { type RandomBytes, SeededRandom } from '../../core/random.ts';

export function seededBytes(seed: number): RandomBytes {
  const random = new SeededRandom(Uint8Array.from({ length: 12 }, (_, i) => seed + i));
  return (length) => {
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i + 4 <= length; i += 4) view.setUint32(i, random.u32());
    return bytes;
  };
}
