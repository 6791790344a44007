import { describe, expect, it } from 'vitest';
import { MurmurError, check, fromErrorData, hasCode, toErrorData } from './errors.ts';

describe('MurmurError', () => {
  it('crosses a worker boundary as plain data and is rebuilt', () => {
    const error = new MurmurError('bad-share', 'it does not open', {
      hint: 'Ask again.',
      details: { dealer: 3 },
      cause: new Error('inner'),
    });
    const back = fromErrorData(structuredClone(toErrorData(error)));
    expect(back).toBeInstanceOf(MurmurError);
    expect({ code: back.code, message: back.message, hint: back.hint, details: back.details }).toEqual({
      code: 'bad-share',
      message: 'it does not open',
      hint: 'Ask again.',
      details: { dealer: 3 },
    });
  });

  it('makes anything else internal, and an abort cancelled', () => {
    expect(toErrorData(new TypeError('x is not a function'))).toEqual({
      code: 'internal',
      message: 'x is not a function',
      hint: '',
      details: {},
    });
    expect(toErrorData('text').message).toBe('text');
    expect(toErrorData(AbortSignal.abort().reason).code).toBe('cancelled');
  });

  it('is thrown by check with bad-input', () => {
    expect(() => check(false, 'n is odd', 'Use an even n.')).toThrow(
      expect.objectContaining({ code: 'bad-input', hint: 'Use an even n.' }),
    );
    check(true, 'nothing');
    expect(hasCode(new MurmurError('void', ''), 'void', 'timeout')).toBe(true);
    expect(hasCode(new Error('void'), 'void')).toBe(false);
  });
});
