/** Texts of the end of a task. */
import { plural } from './plural.ts';

export const resultWords = {
  title: 'The model is ready',
  text: (rounds: number) => `${plural(rounds, 'training round')} are done. Every site now holds the same model.`,
  download: 'Download the model',
  downloadNote: 'A safetensors file. Its SHA-256 is the model fingerprint.',
  next: 'Join the next task',
  failedTitle: 'The training ended early',
  preparing: 'Preparing the file…',
} as const;
