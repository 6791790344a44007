// @ts-check
/** `npm run -s bench -- NAME [--json] [--full] [--key value]`: one measurement; see bench/index.ts. */
import { runBundle } from './lib/bundle.mjs';
import { runScript, setup } from './setup.mjs';

const args = process.argv.slice(2);

await runScript(async () => {
  await setup();
  await runBundle('bench', args);
});
