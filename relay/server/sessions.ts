/**
 * Sign-in by session key. A token is 32 random bytes, lives 12 hours and survives a restart; the store holds only its SHA-256, so
 * a copy of the store opens nothing. A registration has a few sessions at a time, so the store stays bounded.
 */
import * as v from 'valibot';
import { type Hex, toHex, utf8 } from '../../src/core/bytes.ts';
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { RandomBytes } from '../../src/core/random.ts';
import type { RecordDomain } from '../../src/protocol/record.ts';
import type { RelayCore } from '../core/relay-core.ts';
import { Unauthorised } from './failures.ts';
import { recoverSignInSigner } from './verify.ts';

export const SESSION_TTL_MS = 12 * 3600 * 1000;
const MAX_AGE_SECONDS = 120;
const SESSIONS_PER_REGISTRATION = 8;

export const SignInBody = v.strictObject({
  task: v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,77}$/)),
  registrationId: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  /** Unix seconds */
  issuedAt: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  signature: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{130}$/)),
});

/** Who a request is from. */
export interface Caller {
  readonly task: bigint;
  readonly registrationId: number;
  /** names this caller in the store and in quotas */
  readonly name: string;
}

export interface Session {
  readonly token: string;
  readonly expiresAt: number;
}

export class Sessions {
  readonly #core: RelayCore;
  readonly #domain: RecordDomain;
  readonly #clock: Clock;
  readonly #random: RandomBytes;

  constructor(args: { core: RelayCore; domain: RecordDomain; clock: Clock; random: RandomBytes }) {
    this.#core = args.core;
    this.#domain = args.domain;
    this.#clock = args.clock;
    this.#random = args.random;
  }

  /** @throws MurmurError refused when issued too long ago or in the future, bad-signature, not-found for unknown registrations */
  async signIn(body: v.InferOutput<typeof SignInBody>, signal?: AbortSignal): Promise<Session> {
    const { registrationId, issuedAt } = body;
    const task = BigInt(body.task);
    const now = this.#clock.now();
    if (Math.abs(now / 1000 - issuedAt) > MAX_AGE_SECONDS) {
      throw new MurmurError('refused', `the sign-in was not issued within ${MAX_AGE_SECONDS} seconds`, {
        hint: 'Sign in again; if it fails again, set the clock of this machine.',
        details: { relaySeconds: Math.floor(now / 1000), issuedAt },
      });
    }
    const signIn = { task, registrationId, issuedAt: BigInt(issuedAt) };
    const signer = await recoverSignInSigner(this.#domain, signIn, body.signature as Hex);
    const sessionKey = await this.#core.sessionKeyOf(task, registrationId, signal);
    if (signer.toLowerCase() !== sessionKey.toLowerCase()) {
      throw new MurmurError('bad-signature', 'the sign-in was not signed by the session key of this registration');
    }
    const token = toHex(this.#random(32)).slice(2);
    const expiresAt = now + SESSION_TTL_MS;
    const hash = await hashOf(token);
    await this.#core.store.setValue(`session/${hash}`, `${body.task} ${registrationId} ${expiresAt}`);
    await this.#forgetOldest(`sessions-of/${body.task}/${registrationId}`, hash);
    return { token, expiresAt };
  }

  /** Who holds the token of an Authorization header. @throws Unauthorised */
  async caller(header: string | undefined): Promise<Caller> {
    const token = /^Bearer ([0-9a-f]{64})$/.exec(header ?? '')?.[1];
    if (token === undefined) throw new Unauthorised('this request needs a session');
    const value = await this.#core.store.getValue(`session/${await hashOf(token)}`);
    const [task, registrationId, expiresAt] = (value ?? '').split(' ');
    if (task === undefined || registrationId === undefined || Number(expiresAt) <= this.#clock.now()) {
      throw new Unauthorised('this session is unknown or has expired');
    }
    return { task: BigInt(task), registrationId: Number(registrationId), name: `t${task}-r${registrationId}` };
  }

  async #forgetOldest(key: string, added: string): Promise<void> {
    const { store } = this.#core;
    const hashes = [...((await store.getValue(key)) ?? '').split(' ').filter((text) => text !== ''), added];
    const forgotten = hashes.splice(0, Math.max(0, hashes.length - SESSIONS_PER_REGISTRATION));
    await store.setValue(key, hashes.join(' '));
    for (const hash of forgotten) await store.deleteValue(`session/${hash}`);
  }
}

async function hashOf(token: string): Promise<string> {
  return toHex(await sha256(utf8(token))).slice(2);
}
