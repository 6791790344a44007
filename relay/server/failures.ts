/** Errors on the wire: JSON {code, message, hint, details} under the HTTP status that fits. */
import { type ErrorCode, MurmurError, toErrorData } from '../../src/core/errors.ts';

const STATUS: Record<ErrorCode, number> = {
  'bad-input': 400,
  'bad-hash': 422,
  'bad-signature': 403,
  'bad-share': 422,
  refused: 409,
  'not-found': 404,
  'too-large': 413,
  timeout: 504,
  void: 409,
  unreachable: 503,
  unsupported: 501,
  cancelled: 400,
  conflict: 409,
  internal: 500,
};

/** No valid bearer token: 401, whatever else the request was. */
export class Unauthorised extends MurmurError {
  constructor(message: string) {
    super('refused', message, { hint: 'Sign in with POST /v1/sessions and send the token as Authorization: Bearer.' });
  }
}

/** Used up: 429. `details.retryAfterSeconds` says when to come again. */
export class QuotaExceeded extends MurmurError {
  readonly retryAfterSeconds: number;

  constructor(what: string, limit: number, retryAfterSeconds: number) {
    super('too-large', `more than ${limit} ${what} in an hour`, {
      hint: 'Wait, or use another relay.',
      details: { limit, retryAfterSeconds },
    });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The response of a thrown value; what is not a MurmurError tells nothing about itself. */
export function failureResponse(error: unknown): Response {
  const known = error instanceof MurmurError;
  const data = known ? toErrorData(error) : { code: 'internal', message: 'the relay failed', hint: '', details: {} };
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  let status = known ? STATUS[error.code] : 500;
  if (error instanceof Unauthorised) {
    status = 401;
    headers['www-authenticate'] = 'Bearer';
  }
  if (error instanceof QuotaExceeded) {
    status = 429;
    headers['retry-after'] = String(error.retryAfterSeconds);
  }
  return Response.json(data, { status, headers });
}
