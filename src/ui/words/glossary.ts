/** What the terms mean, in plain English: one sentence for the hover card, a few more for the page of words. */
import type { TermId } from './terms.ts';

export interface GlossaryEntry {
  /** one sentence */
  readonly short: string;
  /** two to four sentences */
  readonly long: string;
}

export const glossary: Readonly<Record<TermId, GlossaryEntry>> = {
  accuracy: {
    short: 'The share of rows for which the model is right.',
    long: 'If the model is right on 80 of 100 held-out rows, its accuracy is 80 %. It can mislead when one answer is much more common than the other: saying "healthy" every time is right for most people, and useless. Read it together with balanced accuracy and AUC.',
  },
  aggregator: {
    short: 'The part of the relay that adds up the masked vectors.',
    long: 'It adds the vectors of all survivors and takes the masks off the sum. It never sees what a single site sent without its mask. Every tab may add up the same vectors again and compare, so a wrong sum is noticed.',
  },
  auc: {
    short: 'How often the model ranks a positive row above a negative one: 0.5 is guessing, 1 is perfect.',
    long: 'Take one row with the condition and one without: the AUC is the chance that the model gives the first one the higher score. It does not depend on where the line between yes and no is drawn. The name means the area under the ROC curve.',
  },
  'average-precision': {
    short: 'How pure the model’s finds are, averaged over all places to draw the line: 1 is perfect.',
    long: 'Going down the list of rows from the most to the least likely one, it averages the share of true finds at each new find. Guessing gives the share of positive rows, so it is small where positives are rare. It is the area under the precision-recall curve.',
  },
  backend: {
    short: 'The way in which your browser does the arithmetic of training.',
    long: 'The page can train on the graphics chip (WebGPU or WebGL) or on the processor (WebAssembly or plain JavaScript). It checks that a backend computes correctly before it uses it. All of them lead to the same kind of result; only the speed differs.',
  },
  'balanced-accuracy': {
    short: 'The accuracy on positive rows and on negative rows, averaged.',
    long: 'It counts both kinds of row the same, however many there are of each. A model that always says "no" gets 50 %, even when nine of ten rows are "no".',
  },
  beacon: {
    short: 'A public random number that nobody can know or choose in advance.',
    long: 'It is drawn after the list of a round’s sites is fixed, and it goes into everything that the round computes. So nobody can prepare a round to their advantage. On a network on this machine, the machine’s operator knows it beforehand.',
  },
  'bits-per-character': {
    short: 'How many yes-or-no questions the model still needs to guess the next character; smaller is better.',
    long: 'Picking among 32 characters at random takes 5 bits. English text can be brought below 2 with a large model. It is the log-loss of the next character, counted in bits.',
  },
  block: {
    short: 'One page in the public record that the chain keeps.',
    long: 'A block holds what was sent to the chain in a few seconds. Blocks are numbered and never changed afterwards. A block number therefore says when something happened, and in which order.',
  },
  calibration: {
    short: 'Whether rows that the model calls 70 % likely are positive about 70 % of the time.',
    long: 'The chart groups rows by the chance that the model gave them and shows how many really were positive. On the diagonal the model’s percentages can be taken at their word. Below it the model is too sure, above it too careful. With few rows the points jump about.',
  },
  'calibration-error': {
    short: 'How far the model’s percentages are from how often it is right, on average; 0 is perfect.',
    long: 'Rows are grouped by how sure the model was. In each group the mean certainty is compared with the share of rows that were right, and the differences are averaged. A model that says 90 % and is right for 80 of 100 such rows is off by 0.1. It is also called the expected calibration error.',
  },
  chain: {
    short: 'A public record that many computers keep and nobody can rewrite.',
    long: 'The chain holds who joined which round, in which order, and the fingerprint of every model. It never holds a row or a weight of a model. Anybody can read it without a wallet.',
  },
  cohort: {
    short: 'The sites that take part in one round.',
    long: 'A round needs a smallest number of sites and takes a largest one; the task says both. The larger the cohort, the less the sum tells about any single site.',
  },
  collusion: {
    short: 'Sites that secretly work together to learn about another one.',
    long: 'Masks hide what one site sends as long as not too many others pool what they know. The task page says how many may do so without learning anything. If all others in a round work together, they can subtract their own parts from the sum and see yours.',
  },
  'confusion-matrix': {
    short: 'A small table that counts how often the model was right or wrong, and in which way.',
    long: 'It parts the rows into four: found correctly, missed, cleared correctly, and alarmed for nothing. The two kinds of mistake often weigh differently: a missed illness is not the same as a needless check-up.',
  },
  'coordinator-contract': {
    short: 'A small public program on the chain that keeps the order of every round.',
    long: 'It says which phase a round is in, until when, and who is still part of it. It holds the stakes and the fingerprint of the model. It never sees a weight of a model, and its rules cannot be changed for a task that has begun.',
  },
  delta: {
    short: 'The small chance that the limit called epsilon does not hold.',
    long: 'A delta of 0.00001 means: at most one time in a hundred thousand a result may tell more than epsilon allows. It should be well below one divided by the number of people in the data.',
  },
  dropout: {
    short: 'A site that leaves in the middle of a round.',
    long: 'Closing a tab or losing the connection is enough. The others then rebuild the missing masks from key pieces, and the round goes on without that site’s vector. If too many leave, the round does not count.',
  },
  'encryption-at-rest': {
    short: 'What this browser stores is scrambled under a key that cannot be copied out of it.',
    long: 'Rows and keys lie on the disk in encrypted form. The key is made by the browser and can be used only by this page, not read by it. It protects against somebody who copies the files, not against somebody who uses this browser as you.',
  },
  epsilon: {
    short: 'A number that limits how much a result can tell about one participant; smaller is more private.',
    long: 'It exists only where random noise is added to what is released. A task says whether it adds noise, and its page shows the epsilon of all its rounds before you join. Where a task adds none, or releases something without noise, the page says "none": there is no mathematical limit on what the sum may tell about one site. The masks still hide each site’s own part.',
  },
  'f-score': {
    short:
      'One number from precision and recall: high only if the model finds most cases and is mostly right when it says so.',
    long: 'It is the harmonic mean of the two, from 0 to 1. With several classes it is worked out for each and averaged, so a rare class counts as much as a common one. It is also called the F-score.',
  },
  faucet: {
    short: 'A service of a test network that gives away play money.',
    long: 'On the network on this machine, the page asks it for the FLOCK that a stake needs. The money is worth nothing anywhere else.',
  },
  fingerprint: {
    short: 'A short code worked out from a file; any change in the file gives another code.',
    long: 'SHA-256 is the usual way to work it out. Two files with the same fingerprint are the same file. The chain keeps the fingerprint of every model, so that anybody can tell whether the model at hand is the real one.',
  },
  flock: {
    short: 'The token in which stakes and rewards are counted.',
    long: 'A stake in FLOCK shows that a participant is serious. On a network on this machine it is play money from the faucet.',
  },
  'global-model': {
    short: 'The one model that all sites train together.',
    long: 'Every training round changes it by the average of what the sites learnt. Each tab works out the new model by itself and compares fingerprints. It is also called the global model.',
  },
  'held-out-rows': {
    short: 'Rows that are kept aside: the model never trains on them, it is only judged on them.',
    long: 'A model can learn its training rows by heart. Rows that it has never seen show how well it does on new ones. Which rows are held out is fixed by the task, not chosen by hand.',
  },
  'identifying-column': {
    short: 'A column that names a person: a name, a record number, a date of birth.',
    long: 'A model does not need them, and it is good practice to take them out of a file before using it anywhere. The page warns when a column looks like one. It uses only the columns that the task asks for.',
  },
  ledger: {
    short: 'The list of everything that left this tab.',
    long: 'It shows each request with its time, destination, size and fingerprint, and says in plain words what it was. It is written by the only part of the page that can send. You can filter, export and print it.',
  },
  'log-loss': {
    short: 'How far the model’s percentages are from what really was the case; smaller is better.',
    long: 'Being sure and wrong costs much, being unsure costs a little. A model that always says 50 % has a log-loss of 0.69. Training makes this number small.',
  },
  mae: {
    short: 'How far off a predicted number is on average, in the unit of the column.',
    long: 'If the model says 52 and the truth is 50, the error is 2. All errors count by their size, whether too high or too low.',
  },
  mask: {
    short: 'A list of random numbers that hides what a site sends.',
    long: 'Every two sites share a mask: one adds it, the other subtracts it. A masked vector alone looks like noise. When all vectors are added up, the masks cancel out and only the sum remains.',
  },
  'masked-vector': {
    short: 'The one list of numbers that a site sends in a round, hidden under masks.',
    long: 'It holds what the site’s own training changed in the model, and a few counts. Without the other sites’ vectors it cannot be told from random numbers. It is the only thing made from your rows that leaves the tab.',
  },
  'missing-value': {
    short: 'A cell that says "not known", because it is empty or holds a mark such as ?.',
    long: 'A task says which marks count as missing. Rows in which a needed value is missing are left out. The page counts them and says so.',
  },
  noise: {
    short: 'Random changes to a result, so that it tells less about each participant.',
    long: 'Noise gives a mathematical limit, called epsilon, and makes the model a little worse. A task says whether its sites add any. Where they add none, the sum of all sites is exact. A mask looks like noise too, but it vanishes from the sum.',
  },
  phase: {
    short: 'One part of a round, with its own deadline.',
    long: 'A round joins sites, shares keys, collects masked vectors, checks that they arrived, uncovers the sum, and votes. A phase ends when everybody has done their part or its time is over. No phase waits for a single site.',
  },
  precision: {
    short: 'Of the rows that the model puts into a class, the share that really belong there.',
    long: 'A precision of 0.9 for an illness means: of ten alarms nine are right. It says nothing about cases that were missed; that is what recall is for.',
  },
  'precision-recall-curve': {
    short: 'A curve that shows how pure the model’s finds are at each share of cases found.',
    long: 'Every step is another place to draw the line between yes and no. To the right the model finds more, and more of its alarms are false. It tells more than the ROC curve where positives are rare.',
  },
  'privacy-budget': {
    short: 'What your rows may tell in all, and how much of that is spent.',
    long: 'Each result that your rows are part of tells a little about them; epsilon measures it, and it adds up over all tasks and wallets. You set a limit, and what would pass it is refused before anything leaves this browser. The budget belongs to what is in the rows, so renaming the file or reading it again does not give it back. This browser keeps the count for your protection: another browser, or a file with changed rows, knows nothing of it.',
  },
  'r-squared': {
    short:
      'The share of the ups and downs of a number that the model explains: 1 is perfect, 0 is no better than always saying the mean.',
    long: 'It compares the model’s squared errors with those of always saying the mean. It can fall below 0 when the model is worse than that.',
  },
  recall: {
    short: 'Of the rows that really belong to a class, the share that the model finds.',
    long: 'A recall of 0.8 for an illness means: of ten patients two are missed. It says nothing about false alarms; that is what precision is for.',
  },
  relay: {
    short: 'A server that carries encrypted and masked bytes between the tabs.',
    long: 'It is trusted only to be there. It sees masked vectors, encrypted key pieces and the sum, never a row. Anybody can run one.',
  },
  rmse: {
    short: 'How far off a predicted number typically is, in the unit of the column; large errors weigh more.',
    long: 'Errors are squared, averaged, and the root is taken. One error of 10 counts as much as a hundred errors of 1. It is never below the mean absolute error.',
  },
  'roc-curve': {
    short: 'A curve that shows how many positives the model finds at each rate of false alarms.',
    long: 'Every point is another place to draw the line between yes and no. The closer the curve comes to the top left corner, the better. The diagonal is guessing. The area under the curve is the AUC.',
  },
  round: {
    short: 'One turn of working together: sites train, send masked vectors, and get a new model.',
    long: 'A task is made of one round for shared averages, several training rounds and a last check. A round takes a minute or more, depending on the task. If a round fails, it does not count and is tried again.',
  },
  safetensors: {
    short: 'A simple file format for models that holds numbers and no program.',
    long: 'Opening such a file cannot run anything on your computer. Common machine learning tools read it, Python among them. The fingerprint of the file is the one on the chain.',
  },
  schema: {
    short: 'The list of columns that a task needs, with their kinds, units and allowed values.',
    long: 'All sites must mean the same thing by a column: the same unit, the same categories. The page compares your file with the schema and suggests repairs where they differ.',
  },
  'session-key': {
    short: 'A key that your wallet allows to speak for it in one task.',
    long: 'It signs your part of each round, so that the wallet does not have to ask you every time. It can do nothing else: it cannot move money or join another task. You can revoke it.',
  },
  share: {
    short: 'One piece of a key; several pieces together give the key, one alone tells nothing.',
    long: 'Each site cuts the keys of its masks into pieces and gives one to every other site, encrypted. If a site leaves, the others put pieces together and remove its masks from the sum. The method is Shamir’s secret sharing.',
  },
  site: {
    short: 'One participant of a task: a hospital, a practice, a person with a file.',
    long: 'A site is a browser tab with a file and a wallet. It carries no name: others see its wallet address and its number in the round.',
  },
  stake: {
    short: 'A deposit that a participant puts down to join, and gets back.',
    long: 'It makes it costly to join with many invented participants. It stays yours: your wallet can withdraw it when no round needs it.',
  },
  survivor: {
    short: 'A site whose masked vector arrived in time and is part of the sum.',
    long: 'The contract works out the survivors from what the other sites confirm, so nobody can choose them. Only survivors count in the new model.',
  },
  task: {
    short: 'One model to be learnt together: what it predicts, from which columns, in how many rounds.',
    long: 'The description of a task is fixed when it is created, and its fingerprint stands on the chain. So all sites train the same model under the same rules.',
  },
  threshold: {
    short: 'How many sites must stay until the end for a round to count.',
    long: 'It is more than half of those who joined: of four sites, three are enough. It is also the number of key pieces that open a key. Fewer sites than that can finish nothing and open nothing.',
  },
  'void-round': {
    short: 'A round that did not count, because too many sites left or something did not fit.',
    long: 'The model stays as it was, and the round is tried again. The page says why a round was void. Too many void rounds in a row end the task early.',
  },
  vote: {
    short:
      'At the end of a round each site says whether the new model is better, worse or no different on its own held-out rows.',
    long: 'The new model is kept unless the votes are clearly against it. Votes are public: everybody can see how a wallet voted. The figures behind a vote never leave the tab.',
  },
  wallet: {
    short: 'A pair of keys that signs for you; it carries no name.',
    long: 'You need one to take part, not to look around. On a network on this machine the page makes one for you; elsewhere you use a wallet extension of your own. Whoever has the private key has the wallet.',
  },
  webgpu: {
    short: 'A way for a page to compute on the graphics chip.',
    long: 'It makes training of larger models faster. Not every browser has it. The page does without it where it is missing.',
  },
};
