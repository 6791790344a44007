/** Creating a task. */
import { MurmurError } from '../../src/core/errors.ts';
import type { CreateApi } from '../api/create.ts';
import type { Context } from '../context.ts';

export function createCalls(context: Context): CreateApi {
  void context;
  const unfinished = () => Promise.reject(new MurmurError('unsupported', 'not built yet'));
  return { createLocally: unfinished, creationCalls: unfinished, finishCreation: unfinished };
}
