/**
 * The gradient of 2-D max pooling on the wasm backend. The shipped kernel drops every window whose maximum is negative; tfjs's cpu kernel
 * is right, but reads cell by cell through buffers and took three quarters of a convolutional network's whole step. This one walks
 * once over the windows in the heap itself, channels innermost, and takes about a hundredth of that.
 *
 * Each window's gradient goes to its first largest value in row order, as on the cpu backend. A window of NaN gives its gradient to nobody.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type KernelFunc, type TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { replaceKernel } from './replace.ts';

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof backend_util.computePool2DInfo>[4];
  readonly dimRoundingMode: 'floor' | 'round' | 'ceil';
}

export function installMaxPoolKernel(): void {
  replaceKernel('MaxPoolGrad', () => maxPoolGradient);
}

const maxPoolGradient: KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, input, output } = inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo };
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  const wasm = backend as unknown as BackendWasm;
  // Room first: making it may move the heap, after which earlier views of it are empty.
  const gradient = wasm.makeOutput(input.shape, 'float32');
  const values = (tensor: TensorInfo) => wasm.typedArrayFromHeap(tensor) as Float32Array;
  const info = backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  scatter(info, values(input), values(output), values(dy), values(gradient));
  return gradient;
};

function scatter(
  info: backend_util.Conv2DInfo,
  input: Float32Array,
  output: Float32Array,
  dy: Float32Array,
  gradient: Float32Array,
): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  gradient.fill(0);
  const places = new Int32Array(filterHeight * filterWidth);
  let out = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * strideHeight - padInfo.top;
      for (let column = 0; column < outWidth; column++) {
        const left = column * strideWidth - padInfo.left;
        let count = 0;
        for (let y = Math.max(top, 0); y < Math.min(top + filterHeight, inHeight); y++)
          for (let x = Math.max(left, 0); x < Math.min(left + filterWidth, inWidth); x++)
            places[count++] = ((image * inHeight + y) * inWidth + x) * channels;
        for (let c = 0; c < channels; c++) {
          const largest = output[out + c] as number;
          for (let k = 0; k < count; k++) {
            const at = (places[k] as number) + c;
            if (input[at] !== largest) continue;
            gradient[at] = (gradient[at] as number) + (dy[out + c] as number);
            break;
          }
        }
        out += channels;
      }
    }
  }
}
