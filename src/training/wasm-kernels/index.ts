/**
 * Training kernels for tfjs's wasm backend 4.22, which lacks some, has others wrong and others slow.
 *
 * | kernel | as shipped | here |
 * |---|---|---|
 * | BatchMatMul with a transpose flag | right, but a plain loop | transpose, then the XNNPACK product: 2 to 12 times faster (matmul.ts) |
 * | Conv2D, DepthwiseConv2dNative, plain and fused | wrong for some paddings | padded explicitly first (convolution.ts) |
 * | Conv2DBackpropFilter | missing | a forward convolution (convolution.ts) |
 * | Conv2DBackpropInput | right, but a plain loop | stride 1: a forward convolution (convolution.ts) |
 * | MaxPoolGrad | wrong: drops windows whose maximum is negative | one walk over the windows (max-pool.ts) |
 * | MaxPool3DGrad | wrong in the same way | the cpu kernel (delegate.ts) |
 * | Conv3DBackpropInputV2 | wrong | the cpu kernel |
 * | Conv3DBackpropFilterV2 | wrong for strides above 1 | the cpu kernel |
 * | DepthwiseConv2dNativeBackpropFilter and -Input, UnsortedSegmentSum, Einsum | missing | the cpu kernel |
 *
 * FFT is left out: no layer of a task needs it. Each kernel is tested against the cpu backend in kernels.test.ts.
 */
import { getKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { installConvolutionKernels } from './convolution.ts';
import { installMatMulKernel } from './matmul.ts';
import { installMaxPoolKernel } from './max-pool.ts';

const WRONG = ['MaxPool3DGrad', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'] as const;

/** 'dense': what dense layers need. 'all': also what is computed on the cpu backend, which is then loaded (54 kB gzipped). */
export type KernelFamily = 'dense' | 'all';

let installed: KernelFamily | undefined;

/**
 * Registers the kernels; call after importing @tensorflow/tfjs-backend-wasm. Idempotent; 'all' may follow 'dense'.
 * With 'dense' the wrong kernels are taken away, so that a model that needs them fails with a message instead of training wrongly.
 */
export async function installWasmKernels(family: KernelFamily): Promise<void> {
  if (installed === undefined) {
    installMatMulKernel();
    installConvolutionKernels();
    installMaxPoolKernel();
    for (const name of WRONG) if (getKernel(name, 'wasm') !== undefined) unregisterKernel(name, 'wasm');
    installed = 'dense';
  }
  if (family === 'all' && installed === 'dense') {
    const { installDelegates } = await import('./delegate.ts');
    installDelegates([
      ...WRONG,
      'DepthwiseConv2dNativeBackpropFilter',
      'DepthwiseConv2dNativeBackpropInput',
      'UnsortedSegmentSum',
      'Einsum',
    ]);
    installed = 'all';
  }
}
