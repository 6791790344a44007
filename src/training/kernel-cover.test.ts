/** The self-test sees every kernel that training calls: for each preset on each backend, each kernel is made wrong alone. */
import { describe, expect, test } from 'vitest';
import { createOracle, gradientError, GRADIENT_TOLERANCE } from './self-test.ts';
import { startBackend, useBackend } from './backends.ts';
import { planNetwork } from './network.ts';
import { VIEWS, breakKernel } from './testing/break-kernel.ts';
import { kernelsOfTraining } from './testing/kernels-of-training.ts';
import { SMALL_MODELS } from './testing/small-models.ts';

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  test.each(Object.entries(SMALL_MODELS))(
    '%s',
    async (_, use) => {
      await startBackend({ prefer: [backend] });
      const network = planNetwork(use);
      const options = { oracle: createOracle(network), batch: backend === 'cpu' ? 0 : 32, records: true };
      expect(await gradientError(network, options)).toBeLessThan(GRADIENT_TOLERANCE / 2);

      const names = (await kernelsOfTraining(use, backend)).filter((name) => !VIEWS.includes(name));
      expect(names.length).toBeGreaterThan(9);
      const unseen: string[] = [];
      for (const name of names) {
        useBackend(backend);
        const mend = breakKernel(name, backend);
        try {
          const error = await gradientError(network, options);
          if (error <= 10 * GRADIENT_TOLERANCE) unseen.push(name);
        } finally {
          mend();
        }
      }
      expect(unseen).toEqual([]);
    },
    120_000,
  );
});

test('a backend with one wrong kernel is refused in words, and the next one trains', async () => {
  await startBackend({ prefer: ['wasm'] });
  const mend = breakKernel('Minimum', 'wasm');
  try {
    // Only clipping calls it: the gradient alone would not show it.
    const { backend, report } = await startBackend({ prefer: ['wasm', 'cpu'] });
    expect(backend).toBe('cpu');
    expect(report.message).toMatch(
      /^Training runs on cpu\. .* wasm computes wrong results here \(relative error 2\.0e-2\)/,
    );
  } finally {
    mend();
  }
});
