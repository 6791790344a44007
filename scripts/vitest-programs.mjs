// @ts-check
/** Vitest's global set-up of the projects that start real programs: their bundles and the page are never stale. */
import { buildNodeBundles, buildPage } from './setup.mjs';

export default async function setupPrograms() {
  await buildNodeBundles();
  buildPage();
}
