/** Texts of the last step before taking part. */
import { plural } from './plural.ts';

export const joinWords = {
  title: 'Join',
  leaves: 'What leaves this tab',
  leavesItems: [
    'One masked list of numbers a round. Alone it is noise.',
    'Encrypted key pieces, so that the others can finish a round if you leave.',
    'Signed records: that you joined, what you sent, how you voted.',
  ],
  stays: 'What never leaves',
  staysItems: ['Your rows', 'Your own model before it is masked', 'Your scores on your own rows'],
  knowTitle: 'Good to know before you join',
  /** @param safe most colluding members of a smallest round that learn nothing */
  smallCohort: (count: number, safe: number) =>
    `A round may have as few as ${plural(count, 'site')}. In such a round, up to ${plural(safe, 'other site')} that ${safe === 1 ? 'works' : 'work'} with the relay ${safe === 1 ? 'learns' : 'learn'} nothing about yours. All others together can always uncover what yours added to the sum. Join with sites that you trust not to do so.`,
  privacyTitle: 'What the results may tell about you',
  verdicts: 'After each round your tab votes whether the model got better on your held-out rows. Your vote is public.',
  abstains:
    'Your tab does not vote on the model, as a vote would tell something about your rows: it abstains, in public.',
  exact:
    'The score of all sites together is published exactly. When only one site joins or leaves between two rounds, the others can work out how well the model does at that site. They never see a row.',
  action: 'Join the training',
  joining: 'Joining…',
  signing: 'Sign in your wallet…',
  ended: 'This task has ended. Choose another one.',
  first: {
    identity: 'First choose a wallet in step 1.',
    otherWallet: 'Another tab takes part in this task with this wallet. First make or choose another one in step 1.',
    data: 'First choose a file in step 2.',
  },
  signature: 'Joining signs one registration. No more questions after that.',
  signatureOwn:
    'Your wallet asks you to sign a registration, to allow the stake and to send it. No more questions after that.',
  stakeLocal: (amount: string) => `The stake of ${amount} FLOCK is play money that this local network gives you.`,
  stakeReal: (amount: string) =>
    `The stake is ${amount} FLOCK. It stays yours: your wallet can withdraw it when no round needs it.`,
} as const;
