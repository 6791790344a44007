/** A creator's own files, looked at before there is a task: nothing is stored. */
import { throwIfCancelled } from '../src/core/clock.ts';
import type { ExamplesReport } from '../src/dataset/example-report.ts';
import { type InferredData, inferData } from '../src/dataset/infer-data.ts';
import { readExamples } from '../src/dataset/read-examples.ts';
import type { DataKind, DataSpec } from '../src/protocol/data-spec.ts';
import { decodePicture } from './decode-picture.ts';
import { type NamedBlob, sourceFile, unpackedAll } from './open-file.ts';

/** How the sample is split is only shown. */
const HELD_OUT = { fraction: 0.2, seed: 'sample' };

/** @throws MurmurError bad-input for what cannot be read as that kind, too-large, cancelled, not-found when a file is gone */
export async function inferSample(
  files: readonly NamedBlob[],
  kind: DataKind | undefined,
  signal?: AbortSignal,
): Promise<InferredData> {
  return inferData(await sources(files, signal), kind, toolsOf(signal));
}

/** @throws MurmurError as {@link inferSample}, unsupported for a table */
export async function readSample(
  files: readonly NamedBlob[],
  data: DataSpec,
  signal?: AbortSignal,
): Promise<ExamplesReport> {
  const spec = { data, heldOut: HELD_OUT };
  return (await readExamples(await sources(files, signal), spec, toolsOf(signal))).report;
}

async function sources(files: readonly NamedBlob[], signal: AbortSignal | undefined) {
  const opened = await unpackedAll(files, signal);
  return opened.map((file) => sourceFile(file, () => throwIfCancelled(signal)));
}

function toolsOf(signal: AbortSignal | undefined) {
  return { decode: decodePicture, onProgress: () => throwIfCancelled(signal) };
}
