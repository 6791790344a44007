/** Texts about a person's own file. */

export const dataWords = {
  title: 'Your data',
  intro: 'Take one of the sample files, or choose your own. It is read here and never uploaded.',
  samples: 'Sample files',
  file: 'Choose a file…',
  drop: 'or drop it here',
  reading: 'Reading the file…',
  summary: (fileName: string) => `Read from ${fileName}`,
  rows: 'Complete rows',
  dropped: 'Left out, incomplete',
  training: 'Rows that train',
  heldOut: 'Held out to judge the model',
  uploaded: 'Uploaded',
  uploadedNone: '0 rows',
} as const;
