/**
 * What a site's model trains on: one normalised copy of all training rows where that fits, else windows of them that are read, opened
 * and normalised while the model trains on the window before (ADR 20).
 */
import { allRows } from '../dataset/row-sources.ts';
import { normalise, type Normaliser, standardiseLabels } from '../dataset/statistics.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import type { RowSource } from '../protocol/row-source.ts';
import { labelWidth, type Target } from '../protocol/target.ts';

/** Normalised features that are held at one time: 64 MiB. */
const MOST_BYTES = 67_108_864;

export type JobRows = Pick<TrainerJob, 'features' | 'labels' | 'rows' | 'stream'>;

export class TrainingRows {
  readonly #source: RowSource;
  readonly #target: Target;
  readonly #mostBytes: number;
  #last: { readonly normaliser: Normaliser; readonly rows: Promise<JobRows> } | undefined;

  /** @param mostBytes of normalised features at one time; a row and a block are held whatever it is */
  constructor(source: RowSource, target: Target, mostBytes = MOST_BYTES) {
    this.#source = source;
    this.#target = target;
    this.#mostBytes = mostBytes;
  }

  /** The statistics are frozen after the first step, so one normalised copy serves every round. */
  of(normaliser: Normaliser): Promise<JobRows> {
    if (this.#last?.normaliser !== normaliser) {
      const rows = this.#made(normaliser);
      // A disk that failed may do better next time.
      rows.catch(() => (this.#last = undefined));
      this.#last = { normaliser, rows };
    }
    return this.#last.rows;
  }

  async #made(normaliser: Normaliser): Promise<JobRows> {
    const { rows, width, starts } = this.#source;
    if (4 * width * rows <= this.#mostBytes) {
      const { features, labels } = await allRows(this.#source);
      return {
        features: normalise(features, normaliser),
        labels: standardiseLabels(labels, this.#target, normaliser),
        rows,
      };
    }
    const rowBytes = 4 * (width + labelWidth(this.#target));
    return {
      features: new Float32Array(0),
      labels: new Uint8Array(0),
      rows,
      stream: {
        starts,
        windowRows: Math.max(1, Math.floor(this.#mostBytes / 2 / rowBytes)),
        read: async (picked) => {
          const { features, labels } = await this.#source.read(picked);
          return {
            features: normalise(features, normaliser, features),
            labels: standardiseLabels(labels, this.#target, normaliser),
          };
        },
      },
    };
  }
}
