/** Texts of the live round. */
import type { PhaseName, StepKind } from '../../protocol/phases.ts';
import type { RoundSummary, StatusNote } from '../../session/status.ts';
import type { Lost, ShownPhase } from '../state/round-view.ts';
import { plural } from './plural.ts';

export const liveWords = {
  subtitle: (rows: number) =>
    `Your ${plural(rows, 'row')} ${rows === 1 ? 'stays' : 'stay'} here. What leaves is one masked vector a round.`,
  over: (rows: number) => `Your ${plural(rows, 'row')} never left this tab.`,
  taskPage: 'About this task',
  you: 'You',
  site: (index: number) => `Site ${index + 1}`,
  /** what this tab is doing when it is in no round */
  notes: {
    starting: 'Starting.',
    ready: 'This tab is ready. The next round starts when enough sites are here.',
    'taking-part': 'This tab takes part.',
    replaying: 'This tab works out all rounds so far once more, to check the model that it starts from.',
    'sitting-out': 'This tab sits this round out and joins the next one.',
    trouble: 'This tab waits until what is wrong has passed.',
    left: 'This tab has left.',
    finished: 'The task is finished.',
    'failed-voids': 'The task ended early: too many rounds in a row did not count.',
    failed: 'This tab cannot go on.',
  } satisfies Record<StatusNote, string>,
  paused: 'Paused. Rounds go on without this tab until you return.',
  away: {
    title: 'The network is away',
    text: 'Nothing is lost. This tab keeps trying. If the round is still going on when the network is back, it goes on where it was; if not, it joins the next one.',
  },
  missed: (round: number) =>
    `Round ${round} went on without this tab, which did not answer in time. Nothing is lost: it joins the next round.`,
  failedTitle: 'This tab stopped taking part',
  failedText: 'Your place in the task is kept.',
} as const;

export const phaseWords = {
  before: 'Waiting for the next round',
  roundOf: (round: number) => `Round ${round}`,
  label: 'Phases of this round',
  titles: {
    join: 'Join',
    share: 'Share keys',
    mask: 'Mask',
    have: 'Check',
    unmask: 'Unmask',
    vote: 'Vote',
  } satisfies Record<ShownPhase, string>,
  about: {
    join: 'Sites say that they take part',
    share: 'Encrypted key pieces go round',
    mask: 'Each site sends its masked vector',
    have: 'Sites confirm what arrived',
    unmask: 'Only the sum is uncovered',
    vote: 'Is the new model better?',
  } satisfies Record<ShownPhase, string>,
  states: { done: 'done', now: 'now', next: 'next' },
  countOf: (count: number, total: number) => `${count} of ${total}`,
  timeLeft: (left: string) => `${left} left`,
  /** what goes on in each phase */
  doing: {
    none: '',
    join: 'Sites say that they take part, and show fresh keys.',
    beacon: 'A public random number is drawn that nobody could know before.',
    share: 'Each site deals encrypted pieces of its keys, so that the others can finish if it leaves.',
    ack: 'Each site confirms whose key pieces it holds. Masks are made only with sites that enough others confirm.',
    mask: 'Each site trains, adds its masks and sends one vector that looks like noise.',
    have: 'Sites fetch the vectors and confirm whose are really there.',
    unmask: 'Those who are left reveal just enough to take the masks off the sum, never off a single vector.',
    sum: 'The sum is posted. Every tab adds up again and works out the new model.',
    vote: 'Each site says whether the new model does better on its own held-out rows.',
    settled: 'The round is over.',
    void: 'The round did not count. It is tried again.',
  } satisfies Record<PhaseName, string>,
  outside: 'This round began without this tab. It joins the next one.',
  leftBehind: {
    'no-shares': 'The round goes on without this tab: its key pieces did not come in time. It joins the next one.',
    'not-acknowledged':
      'The round goes on without this tab: its key pieces reached too few sites. It joins the next one.',
    'no-vector': 'The round goes on without this tab: its vector did not come in time. It joins the next one.',
    'not-attested': 'The round goes on without this tab: its vector reached too few sites. It joins the next one.',
  } satisfies Record<Lost, string>,
} as const;

const LOST: Readonly<Record<Lost, (name: string) => string>> = {
  'no-shares': (name) =>
    `${name} left before it dealt its key pieces: no mask is made with it. The round goes on without its rows.`,
  'not-acknowledged': (name) =>
    `Too few sites got the key pieces of ${name}: no mask is made with it. The round goes on without its rows.`,
  'no-vector': (name) =>
    `${name} left before its vector arrived: the others rebuild its masks. The round goes on without its rows.`,
  'not-attested': (name) =>
    `The vector of ${name} reached too few sites: it is left out, and the others rebuild its masks.`,
};

export const cohortWords = {
  title: 'Masks cancel in the sum',
  text: 'Every line is a random mask that two sites share: one adds it, the other subtracts it. Alone, your vector is noise. Together, the lines vanish and only the sum remains.',
  textBefore:
    'When all have dealt their key pieces, every two sites share a random mask. One adds it, the other subtracts it.',
  textCancelled: 'The vectors are added up: every mask was added once and subtracted once, so only the sum remains.',
  lost: (name: string, lost: Lost) => LOST[lost](name),
  silent: (name: string) =>
    `${name} did not help to uncover the sum. Its vector was there before, so its rows count all the same.`,
  threshold: (threshold: number, joined: number) => `${threshold} of ${joined} sites are enough to finish this round.`,
  empty: 'Nobody has joined this round yet.',
  sum: 'sum',
  label: (sites: number, gone: readonly string[], masks: 'none' | 'shared' | 'cancelled') =>
    `${plural(sites, 'site')}${{ none: '', shared: ', each two share a mask', cancelled: ', their masks have cancelled' }[masks]}. ${
      gone.length === 0 ? 'Nobody has left.' : `Left: ${gone.join(', ')}.`
    }`,
  legend: { spoken: 'has done this step', waiting: 'not yet', gone: 'left' },
} as const;

export const machineWords = {
  title: 'This machine',
  backend: 'Computes with',
  backends: { webgpu: 'WebGPU', webgl: 'WebGL', wasm: 'WebAssembly', cpu: 'JavaScript' } as Record<string, string>,
  stepTime: 'One step takes',
  trained: 'Trained this round',
  steps: (step: number, steps: number) => `${step} of ${steps} steps`,
  loss: 'Loss on your rows',
  progress: 'Training progress of this round',
  notTraining: 'Training has not begun yet.',
  pause: 'Pause',
  resume: 'Go on',
  leave: 'Leave',
  leaveSure: 'Leave this task?',
  leaveText: 'The round in progress goes on without you. Your file and your wallet stay in this browser.',
  leaveYes: 'Yes, leave',
  leaveNo: 'Stay',
  hide: 'You may hide this tab. It goes on, and picks up after a reload.',
} as const;

export const privacyWords = {
  title: 'Privacy',
  about: 'of this task',
  noise: 'Noise added',
  epsilon: 'Limit on what the results tell (epsilon)',
  unknown: '–',
  sums: 'Sums that hold your rows',
  collusion: ({ members, withRelay, without }: { members: number; withRelay: number; without: number }) =>
    withRelay < without
      ? `In this round of ${members} sites, ${withRelay} others together with the relay, or all ${without} others without it, could uncover what you added to the sum.`
      : `In this round of ${members} sites, only all ${without} others together could uncover what you added to the sum, with the relay or without.`,
  collusionLater: 'How many others would have to work together to uncover your part is known once the round has begun.',
} as const;

export const sentWords = {
  title: 'What left this tab',
  round: 'This round',
  total: 'In all',
  masked: 'Masked vectors',
  received: 'Received, this visit',
  rowsOfYourData: 'Rows of your data',
  all: 'See every request',
} as const;

export const modelWords = {
  title: 'Model fingerprint',
  here: 'Worked out here',
  chain: 'On the chain',
  same: 'Both are the same.',
  differs: 'Not the same yet: the chain is one round ahead or behind.',
  none: 'No model yet. The first round makes it.',
  onlyHere: 'The chain has not been read yet.',
} as const;

export const curvesWords = {
  title: 'Better together?',
  about: (judged: string) => `on your own ${judged}`,
  measure: 'Figure',
  together: 'Together',
  alone: 'Alone',
  pooled: 'All sites',
  pooledLong: 'Together, on the held-out rows of all sites',
  after: 'after training round',
  empty: 'The first figures come after the first round.',
  label: (measure: string) => `${measure} of the model made together and of yours alone, by training round`,
  summary: (after: number, together: string, alone: string, pooled: string) =>
    `After training round ${after}: together ${together}, alone ${alone} on your rows; together ${pooled} on the rows of all sites.`,
  aloneNote:
    'Alone: the same model, trained only on your rows. It has had as large a part of its whole training as the common model of its rounds.',
  table: 'Both models now',
  measureHead: 'Measure',
} as const;

export const historyWords = {
  title: 'Rounds',
  table: 'Rounds so far',
  round: 'Round',
  kind: 'What',
  kinds: { statistics: 'averages', training: 'training', evaluation: 'check' } satisfies Record<StepKind, string>,
  outcome: 'Outcome',
  outcomes: {
    accepted: 'accepted',
    rejected: 'kept the old model',
    void: 'did not count',
  } satisfies Record<RoundSummary['outcome'], string>,
  outcomeWhy: (outcome: string, why: string) => `${outcome}: ${why}`,
  part: 'You',
  parts: {
    counted: 'in the sum',
    'left-out': 'missed it',
    absent: 'not there',
  } satisfies Record<RoundSummary['part'], string>,
  sites: 'Sites',
  took: 'Took',
  sent: 'You sent',
  model: 'Model',
  empty: 'No round has ended yet.',
} as const;

export const elsewhereWords = {
  title: 'Another tab is taking part',
  text: 'Another tab of this browser takes part. It goes on there, also while it is hidden. When it is closed, this tab takes over.',
  list: 'Other tabs take part in',
  task: (task: string) => `Task ${task}`,
  wallet: 'wallet',
  hereSame: 'Take part here with another wallet',
  hereOther: 'Take part in this task here',
  hereNote: 'Then this browser takes part as one more site, with a file of its own.',
  otherTask: (title: string) => `This tab takes part in another task: ${title}`,
  otherTaskText: 'A tab takes part in one task at a time. Leave that one first, or open this task in another tab.',
  otherTaskGo: 'Go to that round',
} as const;

export const endWords = {
  title: 'The model is ready',
  text: (rounds: number, personal: boolean) =>
    `${plural(rounds, 'training round')} ${rounds === 1 ? 'is' : 'are'} done. Every site now holds the same model${personal ? ', and layers of its own beside it' : ''}.`,
  failedTitle: 'The training ended early',
  comparing: 'Your own model is being trained to the end, for the comparison…',
  result: 'See the result',
  next: 'Join another task',
} as const;
