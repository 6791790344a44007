// @ts-check
/** `npm run build`: the page into dist/page and the Node programs into dist/node, whether stale or not. */
import { buildNodeBundles, buildPage, ensureDependencies, runScript } from './setup.mjs';

await runScript(async () => {
  ensureDependencies();
  const failed = await buildNodeBundles({ force: true });
  if (failed.length > 0) throw new Error(`could not be bundled: ${failed.join(', ')}`);
  if (!buildPage({ force: true })) throw new Error('index.html does not exist: there is no page to build');
});
