// @ts-check
/** `npm run -s murmur -- COMMAND [arguments]`: the command line, set up first; stdout is the command's alone. */
import { runBundle } from './lib/bundle.mjs';
import { runScript, setup } from './setup.mjs';

const args = process.argv.slice(2);

await runScript(async () => {
  await setup();
  await runBundle('murmur', args);
});
