/** RFC 8785 (JSON Canonicalization Scheme): sorted keys, no white space, ECMAScript numbers. One text a value, so its hash names it. */
import { MurmurError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The canonical text of a JSON value; not a number, infinities and undefined are `bad-input`. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new MurmurError('bad-input', 'canonical JSON has no infinities and no NaN');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new MurmurError('bad-input', `canonical JSON has no ${typeof value}`);
}
