/** Values of options, checked where they are read; what is wrong is said in words. */
import { isAbsolute, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { MOST_EPSILON } from '../../src/session/budget-book.ts';
import { STATE_FOLDER } from '../places.ts';

export function portOption(text: string): number {
  return wholeOption(text, 0, 65_535);
}

export function roundsOption(text: string): number {
  return wholeOption(text, 1, 10_000);
}

export function roundOption(text: string): number {
  return wholeOption(text, 1, 2 ** 32 - 1);
}

export function taskOption(text: string): bigint {
  if (!/^[1-9][0-9]{0,77}$/.test(text)) throw new InvalidArgumentError('A task id is a whole number from 1 on.');
  return BigInt(text);
}

/** Relative to where the command was called. */
export function folderOption(text: string): string {
  return isAbsolute(text) ? text : resolve(process.env['INIT_CWD'] ?? process.cwd(), text);
}

/** A key itself is refused: other users of the machine can read a command line. */
export function keyFileOption(text: string): string {
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('Put the key into a file and name the file.');
  return folderOption(text);
}

export function urlOption(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidArgumentError('A URL begins with http:// or https://.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InvalidArgumentError('A URL begins with http:// or https://.');
  }
  return url.href.replace(/\/$/, '');
}

export function addressOption(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('An address is 0x and 40 hexadecimal digits.');
  return text as `0x${string}`;
}

/** An amount in whole FLOCK, as decimal text. */
export function flockOption(text: string): string {
  if (!/^[0-9]{1,9}(\.[0-9]{1,18})?$/.test(text))
    throw new InvalidArgumentError('An amount is a decimal number of FLOCK.');
  return text;
}

export function wholeOption(text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < minimum || value > maximum) {
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  }
  return value;
}

/** A limit of privacy: 0 is none at all. */
export function epsilonOption(text: string): number {
  return numberOption(text, 0, MOST_EPSILON);
}

export function deltaOption(text: string): number {
  return numberOption(text, 1e-15, 0.01);
}

function numberOption(text: string, minimum: number, maximum: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= minimum && value <= maximum)) {
    throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
  }
  return value;
}

/** Options by which a command finds its network. */
export function connectOptions(command: Command): Command {
  return command
    .option('--relay <url>', 'relay (default: the local network that ran here last)', urlOption)
    .option('--rpc <url>', 'endpoint of the chain (default: what the relay names)', urlOption)
    .option('--coordinator <address>', 'the coordinator contract (default: what the relay names)', addressOption)
    .option('--state <folder>', 'state folder of the local network', folderOption, STATE_FOLDER);
}
