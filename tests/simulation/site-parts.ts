/** What a simulated site is made of besides the real session: a tiny task, rows, a trainer without tensors, a journal in memory. */
import type { Bytes } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { SeededRandom } from '../../src/core/random.ts';
import type { EncodedRows } from '../../src/dataset/split.ts';
import { predict } from '../../src/model/forward.ts';
import type { Journal, TrainerPort } from '../../src/protocol/ports.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';

/** A task so small that a round costs milliseconds; everything else about it is real. */
export const SPEC: TaskSpec = {
  version: 1,
  title: 'Simulated',
  description: '',
  data: {
    kind: 'table',
    columns: [
      { kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 },
      { kind: 'number', name: 'b', description: '', position: 1, minimum: 0, maximum: 1 },
    ],
    label: { name: 'y', description: '', position: 2, positive: { above: 0 } },
    missingMarks: [],
    delimiter: ',',
    header: false,
    missingRule: 'drop-row',
  },
  heldOut: { fraction: 0.3, seed: 'simulation' },
  model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
  training: { rounds: 2, epochs: 1, batchSize: 8, learningRate: 0.1, optimiser: 'sgd', l2: 0 },
  server: { kind: 'fedadam', learningRate: 0.05, beta1: 0.9, beta2: 0.99, tau: 0.001 },
  masking: { clipNorm: 4, updateWidth: 32, updateFractionBits: 20, rowCap: 64, maxCohort: 8 },
  evaluation: { bins: 4, release: 'exact' },
  retry: 'strict',
  minDiff: 2,
};

/** A journal that survives its site's crashes; a crashed incarnation cannot write any more. */
export class MemoryJournal {
  readonly #entries = new Map<string, Bytes>();

  open(signal: AbortSignal): Journal {
    const alive = () => {
      if (signal.aborted) throw new MurmurError('cancelled', 'the site crashed');
    };
    return {
      get: async (key) => this.#entries.get(key)?.slice(),
      put: async (key, value) => {
        alive();
        this.#entries.set(key, value.slice());
      },
      keys: async (prefix) => [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
      delete: async (key) => {
        alive();
        this.#entries.delete(key);
      },
    };
  }
}

/** A trainer without tensors: moves weights by what seed, rows and job say, predicts with the plain forward pass. */
export const trainerOf = (spec: TaskSpec): TrainerPort => ({
  backend: 'simulated',
  async train({ weights, features, labels, seed, correction, steps = 1 }) {
    const random = new SeededRandom(seed);
    const mean = Array.from(labels).reduce((sum, label) => sum + label, 0) / labels.length;
    const drift = (features[0] ?? 0) * 0.01 + mean * 0.01;
    const moved = weights.map(
      (weight, i) => weight + drift + 0.1 * (random.uniform() - 0.5) - 0.01 * (correction?.[i] ?? 0),
    );
    return { weights: moved, loss: 0.5, steps };
  },
  predict: async (weights, features, rows) => predict(spec, weights, features, rows),
});

export const trainer = trainerOf(SPEC);

/** Rows whose label is whether the first feature is above a half. */
export function rowsOf(random: SeededRandom, rows: number): EncodedRows {
  const features = Float32Array.from({ length: rows * 2 }, () => random.uniform());
  const labels = Uint8Array.from({ length: rows }, (_, row) => ((features[2 * row] as number) > 0.5 ? 1 : 0));
  return { features, labels, rows, width: 2 };
}
