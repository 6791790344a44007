/**
 * The gradient of every preset in a real browser, on wasm and on webgpu (in software where there is no card): against numerical
 * differentiation, at two batch sizes, with steps and steps of DP-SGD (self-test.ts). And with one kernel made wrong the backend is refused,
 * with a sentence, and the next one trains.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/training/backends.ts';
import type { Question, Reply } from './gradients-worker.ts';

/** By model, a kernel that makes it what it is. */
const WRONG: Readonly<Record<string, string>> = {
  'logistic over a table': 'Sigmoid',
  'mlp over the next value of a series': 'Tanh',
  '2nn over pictures of 3 classes': 'Step',
  'mcmahan-cnn over pictures of 4 x 4': 'MaxPoolGrad',
  'small-resnet over pictures of 5 x 5': 'Conv2DBackpropFilter',
  'gru over series above a value': 'Concat',
  'gru over the next character': 'NotEqual',
  'small-transformer over texts of 3 classes': 'Softmax',
  'small-transformer over the next character': 'Transpose',
  'conv1d over texts of 3 classes': 'Cumsum',
};

describe.each<Backend>(['wasm', 'webgpu'])('on %s', (backend) => {
  let worker: Worker;
  beforeAll(() => {
    worker = new Worker(new URL('./gradients-worker.ts', import.meta.url), { type: 'module' });
  });
  afterAll(() => worker.terminate());

  const ask = (question: Question): Promise<Reply> =>
    new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }: MessageEvent<Reply>) =>
        'failure' in data ? reject(new Error(data.failure)) : resolve(data);
      worker.postMessage(question);
    });

  test.for(Object.entries(WRONG))('%s', { timeout: 300_000 }, async ([model, wrong], context) => {
    if (backend === 'webgpu' && !(await navigator.gpu?.requestAdapter()))
      return context.skip('this Chromium has no WebGPU adapter, not even a software one');
    const right = await ask({ ask: 'error', backend, model });
    expect(right).toMatchObject({ leaked: 0 });
    expect('error' in right && right.error).toBeLessThan(1e-4);
    const fallen = await ask({ ask: 'fall back', backend, model, wrong });
    expect(fallen).toMatchObject({ backend: 'cpu' });
    expect('message' in fallen && fallen.message).toMatch(
      new RegExp(`^Training runs on cpu\\. .* ${backend} computes wrong results here \\(relative error`),
    );
  });
});
