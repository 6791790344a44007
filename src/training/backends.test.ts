import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { mnistTaskSpec } from '../dataset/examples/pictures.ts';
import { presetModel } from '../model/presets.ts';
import { exampleShape, targetOf } from '../protocol/target.ts';
import { type BackendTrial, startBackend } from './backends.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('takes wasm in Node, says why not webgpu, and does not start cpu', async () => {
  const seen: BackendTrial[] = [];
  const { backend, report } = await startBackend({ onReport: (trial) => seen.push(trial) });
  expect(backend).toBe('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(seen).toEqual(report.trials);
  expect(seen.map(({ backend: name, works }) => [name, works])).toEqual([
    ['webgpu', false],
    ['webgl', false],
    ['wasm', true],
  ]);
  expect(report.message).toMatch(/^Training runs on wasm\. .*webgpu is not offered here/);
});

test('refuses a software adapter and a missing one', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info: { isFallbackAdapter: true } }) } });
  expect((await startBackend({ prefer: ['webgpu', 'cpu'] })).report.message).toMatch(/software adapter/);
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
  expect((await startBackend({ prefer: ['webgpu', 'cpu'] })).report.message).toMatch(/no graphics adapter/);
});

test('refuses webgl in software, and without a card', async () => {
  const canvas = (renderer: string) =>
    class {
      getContext = () => ({ RENDERER: 1, getParameter: () => renderer, getExtension: () => null });
    };
  vi.stubGlobal('OffscreenCanvas', canvas('ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device))'));
  expect((await startBackend({ prefer: ['webgl', 'cpu'] })).report.message).toMatch(/webgl computes in software/);
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext = () => null;
    },
  );
  expect((await startBackend({ prefer: ['webgl', 'cpu'] })).report.message).toMatch(/webgl is not offered/);
});

test('falls back to cpu when wasm computes wrongly', async () => {
  const kernel = tf.getKernel('Sum', 'wasm');
  tf.unregisterKernel('Sum', 'wasm');
  tf.registerKernel({
    ...kernel,
    kernelFunc: (params) => tf.zeros((kernel.kernelFunc(params) as tf.TensorInfo).shape),
  });
  try {
    const { backend, report } = await startBackend();
    expect(backend).toBe('cpu');
    expect(report.message).toMatch(/wasm computes wrong results here/);
  } finally {
    tf.unregisterKernel('Sum', 'wasm');
    tf.registerKernel(kernel);
  }
});

test('takes wasm for the 1.6 million weights of the McMahan CNN, whose gradient has a norm that is not added up in one run', async () => {
  const { data } = mnistTaskSpec();
  const { backend, report } = await startBackend({
    prefer: ['wasm'],
    kernels: 'all',
    model: { model: presetModel('mcmahan-cnn', data), shape: exampleShape(data), target: targetOf(data) },
  });
  expect(backend).toBe('wasm');
  expect(report.trials[0]?.gradientError).toBeLessThan(1e-5);
}, 120_000);

test('is unsupported when nothing allowed works', async () => {
  await expect(startBackend({ prefer: ['webgpu'] })).rejects.toMatchObject({ code: 'unsupported' });
  await expect(startBackend({ prefer: [] })).rejects.toMatchObject({ code: 'unsupported' });
});
