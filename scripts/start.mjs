// @ts-check
/** `npm start [-- --no-page] [-- arguments]`: the local network with its page. Further arguments go to `murmur network`. */
import { runBundle } from './lib/bundle.mjs';
import { buildPage, runScript, setup } from './setup.mjs';

const args = process.argv.slice(2);

await runScript(async () => {
  await setup();
  if (!args.includes('--no-page')) buildPage();
  await runBundle('murmur', ['network', ...args.filter((argument) => argument !== '--no-page')]);
});
