/** Where a person can go from an address that leads nowhere. */

export const notFoundWords = {
  address: (path: string) => `You asked for ${path}.`,
  where: 'Perhaps you are looking for one of these:',
  links: [
    { href: '/alliance', name: 'Train together', about: 'all tasks that one can look at or join' },
    { href: '/create', name: 'Create a task', about: 'say what is to be learnt' },
    { href: '/data', name: 'Your data', about: 'what is stored in this browser' },
    { href: '/left', name: 'What left this tab', about: 'every request, with its size and fingerprint' },
    { href: '/words', name: 'Words', about: 'what they mean' },
  ],
} as const;
