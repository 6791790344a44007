/** Example tasks with less to do in a round than the example's own: of the same kind, on the same files. */
import { forecastTaskSpec } from '../src/dataset/examples/series.ts';
import { smsTaskSpec, smsWriterTaskSpec, type TextsTask } from '../src/dataset/examples/texts.ts';
import { characterCodes } from '../src/protocol/target.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';

type Training = TaskSpec['training'];

/** So many steps a round instead of passes over all rows. */
function shortened(training: Training, steps: number): Training {
  const { epochs: _, ...rest } = training;
  return { ...rest, steps };
}

/** The first 32 characters of each message. */
const LENGTH = 32;

export function shortSms(): TextsTask {
  const { data, training } = smsTaskSpec();
  return smsTaskSpec({
    data: { ...data, length: LENGTH },
    model: {
      layers: [
        { kind: 'embedding', codes: characterCodes(data), units: 8 },
        { kind: 'gru', units: 8, sequences: false },
        { kind: 'dense', units: 1, activation: 'sigmoid' },
      ],
    },
    training: shortened(training, 4),
  });
}

export function shortWriter(): TextsTask {
  const { data, training } = smsWriterTaskSpec();
  return smsWriterTaskSpec({
    data: { ...data, length: LENGTH },
    model: {
      layers: [
        { kind: 'embedding', codes: characterCodes(data), units: 16 },
        { kind: 'transformer', heads: 2, causal: true },
        { kind: 'dense', units: characterCodes(data), activation: 'linear' },
      ],
    },
    training: shortened(training, 4),
  });
}

export function shortForecast(): TaskSpec {
  return forecastTaskSpec({ training: shortened(forecastTaskSpec().training, 10) });
}
