// @ts-check
/** `npm run reset`: forgets the local network (chain state, relay's blobs, keys of headless roles). */
import { rmSync } from 'node:fs';
import { inRoot } from './lib/paths.mjs';

rmSync(inRoot('.murmur'), { recursive: true, force: true });
console.log('removed .murmur/');
