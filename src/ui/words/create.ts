/** Texts of the page on which a task is created: its beginning and its end. The form's own come with the form. */
import type { InferredData } from '../../dataset/infer-data.ts';
import type { DataKind } from '../../protocol/data-spec.ts';
import { plural } from './plural.ts';

/** What was found, in a sentence. */
function foundWords(sample: InferredData): string {
  const { fileName } = sample;
  switch (sample.kind) {
    case 'table':
      return `${fileName}: ${plural(sample.columns.length, 'column')}, ${plural(sample.rows, 'row')}. Nothing was uploaded.`;
    case 'pictures':
      return `${fileName}: ${plural(sample.count, 'picture')} of ${plural(sample.classes.length, 'class', 'classes')}. Nothing was uploaded.`;
    case 'texts':
      return sample.lines === undefined
        ? `${fileName}: a text of ${plural(sample.characters, 'character')}. Nothing was uploaded.`
        : `${fileName}: ${plural(sample.lines.count, 'text')} of ${plural(sample.lines.classes.length, 'class', 'classes')}. Nothing was uploaded.`;
    case 'series':
      return `${fileName}: ${plural(sample.lines, 'reading')} of ${plural(sample.sensors.length, 'sensor')}. Nothing was uploaded.`;
  }
}

export const createWords = {
  intro: 'Say what is to be learnt and by which rules. You need a sample of your own data; it stays in this tab.',
  sample: {
    title: '1. A sample of the data',
    about: 'to see what there is',
    intro:
      'Files of the shape that every site has: a table, pictures, texts or sensor readings. They are read here and never uploaded. Only what you see below is published.',
    choose: 'Choose files…',
    drop: 'or drop them here',
    accept: '.csv,.data,.tsv,.txt,.gz,.parquet,.zip,.npz,.npy,.png,.jpg,.jpeg,text/*,image/png,image/jpeg',
    folder: 'Choose a folder…',
    folderAbout: 'of pictures, with a folder for each class',
    paste: 'Paste a few lines instead',
    pasteLabel: 'Lines of the file, with the header line if it has one',
    pasteRead: 'Read these lines',
    examples: 'Or try it with an example:',
    exampleNames: {
      heart: 'Heart disease (table)',
      'x-rays': 'X-rays (pictures)',
      messages: 'Text messages (texts)',
      air: 'Air quality (sensor readings)',
    },
    reading: 'Reading the sample…',
    found: foundWords,
    kept: (name: string) => `Your entries for ${name} were kept in this tab. The files themselves were not.`,
    other: 'Other files replace what describes the data. The rest that you wrote stays.',
    kind: 'What these files are',
    kindAbout: 'Guessed from the files. Correct it where the guess is wrong.',
    kinds: {
      table: {
        label: 'A table',
        about: 'One line a person or a thing, some columns to learn from and one to predict.',
      },
      pictures: { label: 'Pictures', about: 'To tell which class each is of.' },
      texts: { label: 'Texts', about: 'To tell which class each is of, or to write more of the kind.' },
      series: { label: 'Sensor readings', about: 'One line a moment, in the order of time.' },
    } satisfies Record<DataKind, { label: string; about: string }>,
    waiting: 'The rest of the form appears here',
    waitingText: 'It follows from what is in your sample.',
  },
  done: {
    title: (title: string) => `“${title}” is created`,
    text: 'It is on chain, and everybody can read its description. Sites can join now.',
    open: 'Open the task',
    another: 'Create another task',
  },
} as const;
