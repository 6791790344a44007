/** All example tasks with the files that come with the page. */
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { HEART_SITES, heartTaskSpec } from '../heart.ts';
import { BANK_SITES, bankTaskSpec } from './bank.ts';
import {
  MNIST_SITES,
  mnistTaskSpec,
  OPTDIGITS_SITES,
  optdigitsTaskSpec,
  PNEUMONIA_SITES,
  pneumoniaTaskSpec,
} from './pictures.ts';
import { airTaskSpec, BEIJING_SITES, forecastTaskSpec } from './series.ts';
import type { ExampleSite } from './shared.ts';
import { SMS_SITES, smsTaskSpec, smsWriterTaskSpec } from './texts.ts';

export interface Example {
  readonly id: string;
  readonly spec: () => TaskSpec;
  readonly sites: readonly ExampleSite[];
  /** folder under public/data with the files, and with their source and licence in LICENCE.txt */
  readonly folder: string;
  readonly licence: 'CC BY 4.0' | 'CC BY-SA 3.0';
}

export const EXAMPLES: readonly Example[] = [
  {
    id: 'heart',
    spec: () => heartTaskSpec(),
    sites: HEART_SITES.map(({ id, name, file }) => ({ id, name, path: `/data/heart/${file}` })),
    folder: 'heart',
    licence: 'CC BY 4.0',
  },
  { id: 'bank', spec: () => bankTaskSpec(), sites: BANK_SITES, folder: 'bank-marketing', licence: 'CC BY 4.0' },
  {
    id: 'pneumonia',
    spec: () => pneumoniaTaskSpec(),
    sites: PNEUMONIA_SITES,
    folder: 'pneumonia-mnist',
    licence: 'CC BY 4.0',
  },
  { id: 'mnist', spec: () => mnistTaskSpec(), sites: MNIST_SITES, folder: 'mnist-10k', licence: 'CC BY-SA 3.0' },
  {
    id: 'optdigits',
    spec: () => optdigitsTaskSpec(),
    sites: OPTDIGITS_SITES,
    folder: 'optdigits',
    licence: 'CC BY 4.0',
  },
  { id: 'sms', spec: () => smsTaskSpec(), sites: SMS_SITES, folder: 'sms-spam', licence: 'CC BY 4.0' },
  { id: 'sms-writer', spec: () => smsWriterTaskSpec(), sites: SMS_SITES, folder: 'sms-spam', licence: 'CC BY 4.0' },
  { id: 'air', spec: () => airTaskSpec(), sites: BEIJING_SITES, folder: 'beijing-air', licence: 'CC BY 4.0' },
  { id: 'forecast', spec: () => forecastTaskSpec(), sites: BEIJING_SITES, folder: 'beijing-air', licence: 'CC BY 4.0' },
];
