/** Files and the library. */
import { MurmurError } from '../../src/core/errors.ts';
import type { DataApi } from '../api/data.ts';
import { noteSource, setLimit, taskBudget } from '../budget.ts';
import type { Context } from '../context.ts';
import { dropReplaced, forgetEverything, listDatasets, onlyFile, openSources, schemaHash } from '../data.ts';
import { type ImportOptions, importFile } from '../import-file.ts';
import { clock } from '../world.ts';

export function dataCalls({ opened, connected }: Context): DataApi {
  return {
    async readData(task, source, order, onProgress, signal) {
      const { world, network, tasks } = await connected(signal);
      const [spec, files] = await Promise.all([tasks.spec(network, task, signal), openSources(world, source, signal)]);
      const options: ImportOptions = {
        library: world.datasets,
        spec,
        schema: await schemaHash(spec.data),
        order,
        nowMs: clock.now(),
        onProgress,
        signal,
      };
      const reading = await (spec.data.kind === 'table'
        ? importFile(onlyFile(files), options)
        : (await import('../import-examples.ts')).importExamples(files, options));
      if (reading.dataset !== undefined) await noteSource(world, reading.dataset, files);
      if (order.replaces !== undefined && order.replaces !== reading.dataset) await dropReplaced(world, order.replaces);
      return reading;
    },
    async datasets() {
      return listDatasets((await opened()).world);
    },
    async datasetsFor(task) {
      const { world, network, tasks } = await connected();
      const { data } = await tasks.spec(network, task);
      return listDatasets(world, await schemaHash(data));
    },
    async budget(task, dataset) {
      const { world, network, tasks } = await connected();
      const terms = await tasks.terms(network, task);
      // No wallet: what is spent of the rows is spent by all of them.
      const budget = await taskBudget(world, network, { task, dataset, wallet: '' }, terms);
      return budget.view(terms.place);
    },
    async setLimit(dataset, limit) {
      await setLimit((await opened()).world, dataset, limit);
    },
    async forget(id) {
      const { world, participation } = await opened();
      if (await participation.uses(id)) {
        throw new MurmurError('conflict', 'a tab of this browser takes part with these rows now', {
          hint: 'Leave the task in that tab first, then forget the file.',
        });
      }
      await world.datasets.delete(id);
    },
    async forgetEverything() {
      await forgetEverything((await opened()).world);
    },
  };
}
