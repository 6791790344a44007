/** Replaces a kernel of the wasm backend, keeping its set-up, which binds the original's native function. */
import { type KernelConfig, type KernelFunc, getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';

/** Registers `make(original)` in place of the wasm kernel of that name; `original` is undefined when there is none. */
export function replaceKernel(kernelName: string, make: (original: KernelConfig | undefined) => KernelFunc): void {
  const original = getKernel(kernelName, 'wasm') as KernelConfig | undefined;
  if (original !== undefined) unregisterKernel(kernelName, 'wasm');
  registerKernel({ ...original, kernelName, backendName: 'wasm', kernelFunc: make(original) });
}
