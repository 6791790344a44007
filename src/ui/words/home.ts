/** Texts of the start page. */

export const homeWords = {
  title: 'Train one model together. Keep your data.',
  intro:
    'Several hospitals can teach one model without showing each other a single patient. Each file stays in its own browser tab. What leaves the tab is a masked list of numbers that looks like noise until all lists are added up.',
  start: 'Train together',
  now: 'The network now',
  howTitle: 'How it works',
  how: [
    {
      title: 'Your file stays',
      text: 'The page reads your file in this tab and trains on it here. Nothing is uploaded.',
    },
    {
      title: 'Masks hide each part',
      text: 'Every two sites share a random mask. One adds it, the other subtracts it. In the sum all masks cancel out.',
    },
    {
      title: 'Everyone can check',
      text: 'A public contract keeps the order of events and the fingerprint of every model. Each tab works out the model again and compares.',
    },
  ],
  picture: 'Five sites. Each two share a mask, drawn as a line between them.',
  task: 'Task',
  step: 'Progress',
  sites: 'Sites registered',
  accuracy: 'Accuracy so far',
  accuracyUnknown: 'not known yet',
  model: 'Model fingerprint',
  noModel: 'not made yet',
} as const;
