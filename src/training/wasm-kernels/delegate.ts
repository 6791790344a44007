/**
 * Kernels that the wasm backend leaves to the cpu backend: inputs are read synchronously (the wasm heap is ordinary memory),
 * computed by the cpu kernel, and the result is written back. Right, not fast.
 */
import '@tensorflow/tfjs-backend-cpu';
import {
  type DataType,
  type KernelBackend,
  type KernelFunc,
  type TensorInfo,
  findBackend,
  getKernel,
} from '@tensorflow/tfjs-core';
import { MurmurError } from '../../core/errors.ts';
import { replaceKernel } from './replace.ts';

type Values = Parameters<KernelBackend['write']>[0];

/** Registers the cpu kernels of these names for wasm. */
export function installDelegates(names: readonly string[]): void {
  for (const name of names) {
    const kernel = getKernel(name, 'cpu')?.kernelFunc;
    if (kernel === undefined) throw new MurmurError('unsupported', `the cpu backend of tfjs has no kernel ${name}`);
    replaceKernel(name, () => delegate(kernel));
  }
}

function delegate(kernel: KernelFunc): KernelFunc {
  return ({ inputs, backend, attrs = {} }) => {
    const wasm = backend as KernelBackend;
    const cpu = findBackend('cpu');
    const copies: TensorInfo[] = [];
    const move = (info: TensorInfo): TensorInfo => {
      const dtype: DataType = info.dtype;
      const copy = {
        dataId: cpu.write(wasm.readSync(info.dataId) as Values, info.shape, dtype),
        shape: info.shape,
        dtype,
      };
      copies.push(copy);
      return copy;
    };
    // Einsum's inputs come as an array, all others as a record.
    const moved = Array.isArray(inputs)
      ? (inputs as TensorInfo[]).map(move)
      : Object.fromEntries(
          Object.entries(inputs).flatMap(([key, info]) => (info === undefined ? [] : [[key, move(info)]])),
        );
    const result = kernel({ inputs: moved as typeof inputs, backend: cpu, attrs }) as TensorInfo;
    const { shape, dtype } = result;
    const out = { dataId: wasm.write(cpu.readSync(result.dataId) as Values, shape, dtype), shape, dtype };
    for (const { dataId } of [...copies, result]) cpu.disposeData(dataId);
    return out;
  };
}
