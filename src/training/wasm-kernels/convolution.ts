/**
 * 2-D convolution on the wasm backend: padding that is right, and gradients that are there.
 *
 * Forward (plain, fused, depthwise): with 'same' padding and a stride above the filter's size the shipped kernels leave the output
 * unwritten, and with numeric padding of filters or strides that are not square they write past its end, because core computes
 * the size from the height alone. So everything but 'valid' and the common case of 'same' is padded explicitly first.
 *
 * Gradients as forward convolutions, which XNNPACK computes 30 to 50 times faster than a loop
 * (the identities: Dumoulin and Visin 2016, "A guide to convolution arithmetic", chapter 4).
 *
 * With x [N, H, W, I] padded, filter [h, w, I, O] and dy [N, P, Q, O]:
 * - filter gradient: x seen as I images of N channels, dy as a P x Q filter from N to O channels, dilated by the stride;
 * - input gradient for stride 1: dy convolved with the filter rotated by 180 degrees, I and O exchanged.
 * Only channels-last, as the wasm backend itself. Other strides of the input gradient stay with the original kernel.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  type Tensor4D,
  type TensorInfo,
  backend_util,
  conv2d,
  getKernel,
  slice,
  tensor4d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { MurmurError } from '../../core/errors.ts';
import { replaceKernel } from './replace.ts';

interface ConvolutionAttrs {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode: 'floor' | 'round' | 'ceil';
}

type Shape4D = [number, number, number, number];

export function installConvolutionKernels(): void {
  for (const name of ['Conv2D', 'FusedConv2D', 'DepthwiseConv2dNative', 'FusedDepthwiseConv2D'])
    replaceKernel(name, paddedFirst);
  replaceKernel('Conv2DBackpropFilter', () => filterGradient);
  replaceKernel('Conv2DBackpropInput', inputGradient);
}

function paddedFirst(original: KernelConfig | undefined): KernelFunc {
  const padKernel = getKernel('PadV2', 'wasm')?.kernelFunc;
  if (original === undefined || padKernel === undefined)
    throw new MurmurError('unsupported', 'the wasm backend of tfjs has no convolution');
  return ({ inputs, backend, attrs }) => {
    const { x, filter } = inputs as unknown as { x: Tensor4D; filter: Tensor4D };
    const { dilations, ...rest } = attrs as unknown as ConvolutionAttrs & { dilations: number | [number, number] };
    const { padInfo, strideHeight, strideWidth } = convolutionInfo(x.shape, filter.shape, rest, dilations);
    const [height, width] = filter.shape;
    if (padInfo.type === 'VALID' || (padInfo.type === 'SAME' && height >= strideHeight && width >= strideWidth)) {
      return original.kernelFunc({ inputs, backend, attrs: attrs ?? {} });
    }
    const paddings = [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ];
    const padded = padKernel({ inputs: { x }, backend, attrs: { paddings, constantValue: 0 } }) as TensorInfo;
    const out = original.kernelFunc({ inputs: { ...inputs, x: padded }, backend, attrs: { ...attrs, pad: 'valid' } });
    (backend as KernelBackend).disposeData(padded.dataId);
    return out;
  };
}

const filterGradient: KernelFunc = ({ inputs, attrs }) => {
  const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
  const { filterShape, ...rest } = attrs as unknown as ConvolutionAttrs & { filterShape: Shape4D };
  const info = convolutionInfo(x.shape, filterShape, rest);
  const { top, bottom, left, right } = info.padInfo;
  return tidy(() => {
    const images = transpose(x, [3, 1, 2, 0]);
    const filter = transpose(dy, [1, 2, 0, 3]);
    const gradient = conv2d(
      images,
      filter,
      1,
      [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      'NHWC',
      [info.strideHeight, info.strideWidth],
    );
    // Rows and columns that no window reached (the stride does not divide) stick out at the end.
    return transpose(
      slice(gradient, 0, [filterShape[2], filterShape[0], filterShape[1], filterShape[3]]),
      [1, 2, 0, 3],
    );
  });
};

function inputGradient(original: KernelConfig | undefined): KernelFunc {
  if (original === undefined) throw new MurmurError('unsupported', 'the wasm backend of tfjs has no convolution');
  return (params) => {
    const { dy, filter } = params.inputs as unknown as { dy: Tensor4D; filter: Tensor4D };
    const { inputShape, ...rest } = params.attrs as unknown as ConvolutionAttrs & { inputShape: Shape4D };
    const info = convolutionInfo(inputShape, filter.shape, rest);
    const { top, bottom, left, right } = info.padInfo;
    const [height, width] = [info.filterHeight - 1, info.filterWidth - 1];
    if (
      info.strideHeight !== 1 ||
      info.strideWidth !== 1 ||
      Math.max(top, bottom) > height ||
      Math.max(left, right) > width
    ) {
      return original.kernelFunc(params);
    }
    return tidy(() =>
      conv2d(dy, rotated(filter, params.backend as unknown as BackendWasm), 1, [
        [0, 0],
        [height - top, height - bottom],
        [width - left, width - right],
        [0, 0],
      ]),
    );
  };
}

/** The filter turned by 180 degrees, in and out exchanged. tfjs's Reverse on wasm takes 40 ns a number, twenty times this walk. */
function rotated({ shape, dataId }: Tensor4D, wasm: BackendWasm): Tensor4D {
  const [height, width, inputs, outputs] = shape;
  const values = wasm.typedArrayFromHeap({ shape, dataId, dtype: 'float32' });
  const turned = new Float32Array(values.length);
  let at = 0;
  for (let place = height * width - 1; place >= 0; place--)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) turned[(place * outputs + o) * inputs + i] = values[at++] as number;
  return tensor4d(turned, [height, width, outputs, inputs]);
}

function convolutionInfo(
  inputShape: Shape4D,
  filterShape: Shape4D,
  { strides, pad, dataFormat, dimRoundingMode }: ConvolutionAttrs,
  dilations: number | [number, number] = 1,
) {
  if (dataFormat === 'NCHW')
    throw new MurmurError('unsupported', 'the wasm backend convolves channels-last images only');
  return backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
}
