/** What a model can do here, apart from a round: how fast it would train, and what it writes. */
import type { Hex } from '../../src/core/bytes.ts';

/** What one round would ask of this machine. */
export interface TrialView {
  /** tfjs's name of what trains */
  readonly backend: string;
  /** what is used and why not the others, in sentences */
  readonly message: string;
  readonly stepMs: number;
  /** of one training round, with the rows of the data set */
  readonly steps: number;
}

export interface WritingOrder {
  readonly task: string;
  /** of the model that writes */
  readonly model: Hex;
  readonly prompt: string;
  readonly characters: number;
  /** 0 to 2; see src/evaluation/writing.ts */
  readonly temperature: number;
}

export interface WorkbenchApi {
  /**
   * Times a task's training step on made-up rows, as many as the data set has.
   * @throws MurmurError not-found for a data set that is gone; unsupported when nothing here can train; cancelled
   */
  trial(task: string, dataset: string, signal?: AbortSignal): Promise<TrialView>;
  /**
   * Lets the model of a task of the next character go on with a text.
   * @param onText the text so far
   * @returns the whole text
   * @throws MurmurError unsupported for another kind of task; bad-input for an empty prompt; bad-hash for a wrong model; cancelled
   */
  write(order: WritingOrder, onText: (text: string) => void, signal?: AbortSignal): Promise<string>;
}
