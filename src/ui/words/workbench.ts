/** Texts about what a model asks of this machine, and about what it writes. */
import { formatDuration } from '../format.ts';
import { plural } from './plural.ts';

export const workWords = {
  title: 'What your machine has to do',
  later:
    'Once you have chosen your file, your tab makes a few training steps on made-up rows and says how long a round takes here.',
  trying: 'Trying out a few training steps on made-up rows…',
  backend: 'Trains with',
  step: 'One step takes',
  steps: 'Steps in a round',
  round: 'Training in a round, about',
  fits: (roundMs: number, phaseSeconds: number) =>
    `A round leaves ${formatDuration(phaseSeconds * 1000)} to train and send; this machine needs about ${formatDuration(roundMs)}.`,
  tightTitle: 'This machine may be too slow',
  tight: (roundMs: number, phaseSeconds: number) =>
    `A round leaves ${formatDuration(phaseSeconds * 1000)} to train and send, and this machine needs about ${formatDuration(roundMs)} to train alone. A round that it misses goes on without it. Close other programs, or choose a faster machine.`,
  message: 'Why this way of training',
  again: 'Try again',
} as const;

export const writerWords = {
  title: 'Let it write',
  text: 'The model goes on with what you begin: it says how likely each character is to come next, one is drawn, and so on. It knows only which characters follow each other, so do not believe what it writes. Nothing of it leaves your tab.',
  prompt: 'Beginning',
  promptHint: 'A few characters are enough.',
  start: 'hi ',
  surprise: 'How daring',
  surprises: {
    careful: 'Careful: takes likely characters',
    usual: 'As it learnt',
    daring: 'Daring: likes rare characters',
  },
  length: (characters: number) => `Writes ${plural(characters, 'character')}.`,
  action: 'Write',
  stop: 'Stop',
  starting: 'Starting the model…',
  writing: 'Writing…',
  stopped: 'Stopped.',
  output: 'What the model wrote',
} as const;
