/** Makes a kernel of a backend compute wrongly, for tests of what must notice. */
import {
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
  findBackend,
  getKernel,
  registerKernel,
  scalar,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

/** They compute nothing: their output is their input under another shape or name. */
export const VIEWS: readonly string[] = ['Reshape', 'Identity'];

/**
 * From now on the kernel's numbers are 2 % too large, and its whole numbers and truths are all 0. The backend must have been started.
 * @returns what mends it
 */
export function breakKernel(name: string, backendName: string): () => void {
  const original = getKernel(name, backendName) as KernelConfig | undefined;
  const multiply = getKernel('Multiply', backendName)?.kernelFunc;
  const cast = getKernel('Cast', backendName)?.kernelFunc;
  if (original === undefined || multiply === undefined || cast === undefined)
    throw new Error(`${backendName} has no kernel ${name}`);
  const wrong: KernelFunc = (params) => {
    const out = original.kernelFunc(params) as TensorInfo;
    const { backend } = params;
    const scaled = (a: TensorInfo, factor: number): TensorInfo => {
      const b = scalar(factor, a.dtype as 'float32' | 'int32');
      const product = multiply({ inputs: { a, b }, backend, attrs: {} }) as TensorInfo;
      b.dispose();
      findBackend(backendName).disposeData(a.dataId);
      return product;
    };
    if (out.dtype !== 'bool') return scaled(out, out.dtype === 'float32' ? 1.02 : 0);
    const whole = cast({ inputs: { x: out }, backend, attrs: { dtype: 'int32' } }) as TensorInfo;
    const zeros = scaled(whole, 0);
    return cast({ inputs: { x: zeros }, backend, attrs: { dtype: 'bool' } }) as TensorInfo;
  };
  unregisterKernel(name, backendName);
  registerKernel({ ...original, kernelFunc: wrong });
  return () => {
    unregisterKernel(name, backendName);
    registerKernel(original);
  };
}
