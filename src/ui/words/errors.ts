/** What each kind of error means for a person, and what to do when the error itself does not say. */
import type { ErrorCode } from '../../core/errors.ts';

export const errorWords: Readonly<Record<ErrorCode, { readonly title: string; readonly hint: string }>> = {
  'bad-input': { title: 'This does not fit', hint: 'Check the file or the entry and try again.' },
  'bad-hash': {
    title: 'Received data was altered',
    hint: 'Reload the page. If it happens again, use another network address.',
  },
  'bad-signature': { title: 'A signature is not valid', hint: 'Try again, with the wallet that you chose.' },
  'bad-share': {
    title: 'A key piece from another site is wrong',
    hint: 'Nothing to do: the round goes on without it.',
  },
  refused: { title: 'A rule forbids this step', hint: 'Wait for the next round or task.' },
  'not-found': { title: 'This was not found', hint: 'Reload the page and try again.' },
  'too-large': { title: 'This is too large', hint: 'Use a smaller file.' },
  timeout: { title: 'It took too long', hint: 'Check your connection and try again.' },
  void: { title: 'The round did not count', hint: 'Nothing to do: it is tried again.' },
  unreachable: {
    title: 'The network does not answer',
    hint: 'Check that the network is running and that you are online, then try again.',
  },
  unsupported: { title: 'This browser lacks something', hint: 'Use a current Chromium, Firefox or Safari.' },
  cancelled: { title: 'The step was stopped', hint: 'Try again when you are ready.' },
  conflict: { title: 'Another tab is in the way', hint: 'Close the other Murmur tabs and try again.' },
  internal: { title: 'Something went wrong in the page', hint: 'Reload the page. Your place in the task is kept.' },
};
