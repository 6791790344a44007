/** Files and the library. */
import { MurmurError } from '../../src/core/errors.ts';
import type { DataApi } from '../api/data.ts';
import type { Context } from '../context.ts';

export function dataCalls(context: Context): DataApi {
  void context;
  const unfinished = () => Promise.reject(new MurmurError('unsupported', 'not built yet'));
  return {
    readData: unfinished,
    inferSchema: unfinished,
    datasets: unfinished,
    datasetsFor: unfinished,
    forget: unfinished,
    forgetEverything: unfinished,
  };
}
