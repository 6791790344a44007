/** Texts about wallets. */

export const identityWords = {
  title: 'Who you are',
  intro: 'Joining needs a wallet: a key pair that signs for you. It carries no name.',
  make: 'Make a wallet in this tab',
  making: 'Making a wallet…',
  makeNote: 'For this local network only. It is kept encrypted in this browser, and you can export it.',
  own: 'Use my own wallet',
  ownNote: 'Any wallet extension that announces itself to the page. It asks you only when you join.',
  choose: 'Choose a wallet',
  none: 'No wallet extension was found in this browser.',
  connect: (name: string) => `Connect ${name}`,
  wrongChain: (wanted: number) => `Your wallet is on another network. This page needs chain ${wanted}.`,
  switchChain: 'Switch network',
  asking: 'Your wallet is asking you…',
  local: 'Wallet made in this tab',
  connected: (name: string) => `Connected with ${name}`,
  other: 'Back',
  export: 'Export',
  exportWarning: 'Whoever has this key has the wallet. Keep it to yourself.',
  exportLabel: 'Private key',
  hide: 'Hide',
} as const;
