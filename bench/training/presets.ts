/**
 * Every preset over every example task, at its real size: does wasm train it, by its own self-test (numerical differentiation)? Small
 * models do not show what rounding does to sums over millions of weights.
 */
import { MurmurError } from '../../src/core/errors.ts';
import { EXAMPLES } from '../../src/dataset/examples/index.ts';
import { presetModel, presetsFor } from '../../src/model/presets.ts';
import { checkTaskSpec } from '../../src/protocol/task-spec.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { type BenchContext, type Figure, figure } from '../figure.ts';

export async function presetFigures({ progress }: Pick<BenchContext, 'progress'>): Promise<Figure[]> {
  const refused: string[] = [];
  let tried = 0;
  for (const { id, spec: example } of EXAMPLES) {
    const base = example();
    for (const preset of presetsFor(base.data)) {
      progress(`training: ${preset} over ${id}`);
      tried++;
      try {
        const spec = checkTaskSpec({ ...base, model: presetModel(preset, base.data) });
        (await createTrainer({ spec, prefer: ['wasm'] })).dispose();
      } catch (error) {
        if (!(error instanceof MurmurError)) throw error;
        refused.push(`${preset} over ${id}: ${error.message}`);
      }
    }
  }
  const reasons = refused.length === 0 ? '' : `: ${refused.join('; ')}`;
  return [
    figure({
      id: 'training.presetsRefused',
      value: refused.length,
      unit: 'models',
      goal: 0,
      better: 'lower',
      note: `of ${tried} presets over the example tasks at their real sizes, those that wasm's self-test refuses, so that a tab would train on plain JavaScript${reasons}`,
    }),
  ];
}
