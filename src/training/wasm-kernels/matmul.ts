/**
 * Products of matrices, arranged so that XNNPACK gets what it is fast at. Three things make the wasm backend's own slow in training:
 *
 * - It hands only untransposed products to XNNPACK and computes the others, which every backward pass consists of, in a plain loop;
 *   transposing first is 2 to 12 times faster (30x16 to 784x200, batch 32).
 * - XNNPACK copies its right operand into an order of its own, number by number, whenever that is a new tensor, as weights are after every
 *   step; the left one it reads as it lies. In the gradient at a layer's input, dy · Wᵀ, it would copy all weights for a few rows of dy.
 *   So where W is the larger, (W · dyᵀ)ᵀ is computed, with only small matrices transposed and copied (32x512 by 512x3136: 3.6 times faster).
 * - For the same reason x · W of a few rows is (Wᵀ · xᵀ)ᵀ where W is large: transposing costs a fifth of that copy.
 *
 * Turned or not, a product has the same sums in the same order, hence the same bits; a bias is added after them instead of before.
 */
import { type KernelBackend, type KernelFunc, type TensorInfo, getKernel } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../core/errors.ts';
import { replaceKernel } from './replace.ts';

/** Weights below this many numbers are copied before more kernels could be called. */
const LARGE = 2 ** 16;

export function installMatMulKernel(): void {
  const fused = getKernel('_FusedMatMul', 'wasm')?.kernelFunc;
  replaceKernel('BatchMatMul', (original) => {
    if (original === undefined) throw missing();
    return matMulKernel(original.kernelFunc);
  });
  const product = getKernel('BatchMatMul', 'wasm')?.kernelFunc;
  replaceKernel('_FusedMatMul', () => {
    if (fused === undefined || product === undefined) throw missing();
    return fusedKernel(fused, product);
  });
}

function missing(): MurmurError {
  return new MurmurError('unsupported', 'the wasm backend of tfjs has no matrix product');
}

interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function matMulKernel(product: KernelFunc): KernelFunc {
  return ({ inputs, backend, attrs = {} }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as Transposed;
    if (a.shape.length !== 2 || b.shape.length !== 2 || !(transposeA || transposeB))
      return product({ inputs, backend, attrs });
    const { flip, free } = helpers(backend as KernelBackend);
    const plain = (left: TensorInfo, right: TensorInfo): TensorInfo =>
      product({
        inputs: { a: left, b: right },
        backend,
        attrs: { transposeA: false, transposeB: false },
      }) as TensorInfo;
    if (transposeB && !transposeA && isCheaperTurned(a.shape, b.shape)) {
      const right = flip(a);
      const turned = plain(b, right);
      const out = flip(turned);
      free(right, turned);
      return out;
    }
    const left = transposeA ? flip(a) : a;
    const right = transposeB ? flip(b) : b;
    const out = plain(left, right);
    if (left !== a) free(left);
    if (right !== b) free(right);
    return out;
  };
}

/** Whether transposing and copying a, and transposing the product, moves fewer numbers than transposing and copying b. */
function isCheaperTurned(a: readonly number[], b: readonly number[]): boolean {
  const [rows, inner] = a as [number, number];
  const [columns] = b as [number];
  return rows * (2 * inner + columns) < 2 * columns * inner;
}

/** activation(a · b + bias) of one large b and few rows of a; all else is the original's. */
function fusedKernel(fused: KernelFunc, product: KernelFunc): KernelFunc {
  return (params) => {
    const { inputs, backend } = params;
    const { a, b, bias, preluActivationWeights } = inputs as Record<string, TensorInfo | undefined>;
    const { transposeA, transposeB, activation } = params.attrs as unknown as Transposed & {
      readonly activation: string | undefined;
    };
    const after = AFTER[activation ?? 'linear'];
    const [rows, inner] = (a as TensorInfo).shape.slice(-2) as [number, number];
    const columns = (b as TensorInfo).shape.at(-1) as number;
    const isOne = [a, b].every((each) => each?.shape.slice(0, -2).every((size) => size === 1));
    if (
      !isOne ||
      transposeA ||
      transposeB ||
      preluActivationWeights !== undefined ||
      after === undefined ||
      inner * columns < LARGE ||
      2 * rows > columns
    ) {
      return fused(params);
    }
    const { flip, free, call } = helpers(backend as KernelBackend);
    const left = flip({ ...(b as TensorInfo), shape: [inner, columns] });
    const right = flip({ ...(a as TensorInfo), shape: [rows, inner] });
    const turned = product({
      inputs: { a: left, b: right },
      backend,
      attrs: { transposeA: false, transposeB: false },
    }) as TensorInfo;
    let out = flip(turned);
    free(left, right, turned);
    const steps: ((x: TensorInfo) => TensorInfo)[] = [
      ...(bias === undefined ? [] : [(x: TensorInfo) => call('Add', { a: x, b: bias })]),
      ...(after === '' ? [] : [(x: TensorInfo) => call(after, { x })]),
    ];
    for (const step of steps) {
      const next = step(out);
      free(out);
      out = next;
    }
    return { ...out, shape: [...(a as TensorInfo).shape.slice(0, -1), columns] };
  };
}

/** Kernel of an activation; '' where there is nothing to do. */
const AFTER: Readonly<Record<string, string>> = { linear: '', relu: 'Relu', sigmoid: 'Sigmoid' };

function helpers(backend: KernelBackend) {
  const call = (name: string, inputs: Record<string, TensorInfo>, attrs = {}): TensorInfo => {
    const kernel = getKernel(name, 'wasm');
    if (kernel === undefined) throw new MurmurError('unsupported', `the wasm backend of tfjs has no kernel ${name}`);
    return kernel.kernelFunc({ inputs, backend, attrs }) as TensorInfo;
  };
  return {
    call,
    flip: (x: TensorInfo): TensorInfo => call('Transpose', { x }, { perm: [1, 0] }),
    free: (...infos: TensorInfo[]): void => infos.forEach(({ dataId }) => void backend.disposeData(dataId)),
  };
}
