/**
 * The one typed error of Murmur. Every failure that a person or a caller can act on is a MurmurError:
 * a stable code for programs, a message that says what happened and why, and a hint that says what to do.
 * Errors cross worker boundaries as plain data ({@link toErrorData}) and are rebuilt on the other side.
 */
export type ErrorCode =
  | 'bad-input' // a file, message, parameter or chain state that does not fit its format
  | 'bad-hash' // bytes that do not match the digest that names them
  | 'bad-signature'
  | 'bad-share' // a Shamir share or its opening does not verify
  | 'refused' // a rule of the protocol or of privacy forbids the step
  | 'not-found'
  | 'too-large' // a quota or a size limit
  | 'timeout' // a deadline passed
  | 'void' // the round was declared void
  | 'unreachable' // relay or chain did not answer
  | 'unsupported' // this host lacks what the step needs
  | 'cancelled' // the caller aborted
  | 'conflict' // another holder owns it, or it exists with another value
  | 'internal';

export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export class MurmurError extends Error implements ErrorData {
  override readonly name = 'MurmurError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      hint?: string;
      details?: Readonly<Record<string, string | number | boolean>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
    this.details = options.details ?? {};
  }
}

/** Any thrown value as plain data that survives structured clone. Unknown errors become `internal`. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof MurmurError) {
    return { code: error.code, message: error.message, hint: error.hint, details: { ...error.details } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const aborted = error instanceof Error && error.name === 'AbortError';
  return { code: aborted ? 'cancelled' : 'internal', message, hint: '', details: {} };
}

/** Rebuilds the error that {@link toErrorData} flattened. */
export function fromErrorData(data: ErrorData): MurmurError {
  return new MurmurError(data.code, data.message, { hint: data.hint, details: data.details });
}

/** Throws `bad-input` unless the condition holds; `what` names the argument. */
export function check(condition: boolean, what: string, hint = ''): asserts condition {
  if (!condition) throw new MurmurError('bad-input', what, { hint });
}

/** Whether an error is a MurmurError with one of the given codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is MurmurError {
  return error instanceof MurmurError && codes.includes(error.code);
}
