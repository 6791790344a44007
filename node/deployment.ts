/**
 * The local network's deployment: which chain state, which beacon key, which contracts. It is resumed as long as the chain's state is
 * whole. A state that may be older than what sites, relay and tabs already said on top of it is left behind: a site that signed a
 * record or used a mask for a round would otherwise meet the same round number again with another content. The next deployment has
 * a beacon key of its own, hence another coordinator address, which is part of every signature and every mask.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Hex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { isWhole } from './saved-anvil.ts';
import { readOptional, replaceFile } from './state-folder.ts';

/** What stays the same from start to start. */
export interface DeploymentRecord {
  readonly number: number;
  /** Unix seconds: round 1 of the beacon */
  readonly beaconGenesis: number;
}

export interface DeploymentPlaces {
  readonly record: DeploymentRecord;
  readonly chainState: string;
  readonly relayFolder: string;
  readonly beaconKey: string;
  /** folder of what a site remembers of this deployment */
  readonly siteFolder: (site: string) => string;
  /** why this is not the deployment of the last start; empty when it is, or when there was none */
  readonly whyNew: string;
}

const RecordSchema = v.strictObject({
  version: v.literal(1),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  beaconGenesis: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** The deployment to start: the last one if its chain is whole, else a new one. */
export async function chooseDeployment(stateFolder: string, nowSeconds: number): Promise<DeploymentPlaces> {
  const path = join(stateFolder, 'deployment.json');
  const last = await readRecord(path);
  if (last !== undefined) {
    const places = placesOf(stateFolder, last, '');
    const untouched = !existsSync(places.chainState) && !existsSync(places.relayFolder);
    if (untouched || isWhole(places.chainState)) return places;
  }
  const record = { number: (last?.number ?? 0) + 1, beaconGenesis: nowSeconds };
  await replaceFile(path, `${JSON.stringify({ version: 1, ...record })}\n`);
  const whyNew = 'the chain was not stopped in order last time, and its saved state may lack what was said since';
  return placesOf(stateFolder, record, last === undefined ? '' : whyNew);
}

function placesOf(stateFolder: string, record: DeploymentRecord, whyNew: string): DeploymentPlaces {
  const folder = join(stateFolder, `deployment-${record.number}`);
  return {
    record,
    chainState: join(folder, 'anvil.json'),
    relayFolder: join(folder, 'relay'),
    beaconKey: join(folder, 'beacon.key'),
    siteFolder: (site) => join(stateFolder, 'sites', site, `deployment-${record.number}`),
    whyNew,
  };
}

async function readRecord(path: string): Promise<DeploymentRecord | undefined> {
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  try {
    const { number, beaconGenesis } = v.parse(RecordSchema, JSON.parse(text));
    return { number, beaconGenesis };
  } catch (cause) {
    throw new MurmurError('bad-input', `${path} cannot be read`, { hint: 'Run npm run reset to begin anew.', cause });
  }
}

/** The address at which a running network can be reached, for the other commands on this machine. */
export interface RunningNetwork {
  readonly url: string;
  readonly coordinator: Hex;
}

export const runningFile = (stateFolder: string): string => join(stateFolder, 'running.json');
