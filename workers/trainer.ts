/** The trainer's worker: tfjs on its own thread. */
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import type { Endpoint } from 'comlink';
import { secureRandom } from '../src/core/random.ts';
import { serveTrainer } from '../src/threads/trainer.ts';
import { recordRandomness } from '../src/training/records.ts';
import { createTrainer } from '../src/training/trainer.ts';

serveTrainer(self as Endpoint, (spec) =>
  createTrainer({
    spec,
    wasmPaths: { plain: wasmPlain, simd: wasmSimd },
    randomness: recordRandomness(secureRandom),
  }),
);
