import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import { checkTaskSpec, parseTaskSpec, taskSpecBytes, taskSpecHash, weightCount } from './task-spec.ts';
import { MAX_SPEC_BYTES } from './limits.ts';
import { canonicalCell } from './cell-text.ts';
import { featureWidth } from './target.ts';

const spec = heartTaskSpec();

/** A copy of a JSON value with one entry replaced. */
function withEntry(value: unknown, [key, ...rest]: readonly string[], entry: unknown): unknown {
  if (key === undefined) return entry;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = withEntry(copy[key], rest, entry);
  return copy;
}

describe('parseTaskSpec', () => {
  it('reads back what it wrote, from any spelling, to one hash', async () => {
    const parsed = parseTaskSpec(taskSpecBytes(spec));
    expect(parsed).toEqual(spec);
    const pretty = parseTaskSpec(utf8(JSON.stringify(spec, null, 2)));
    expect(toHex(await taskSpecHash(pretty))).toBe(toHex(await sha256(taskSpecBytes(spec))));
  });

  it.each([
    ['training.rounds', 'training.rounds', 0],
    ['training.momentum', 'training.momentum', 0.9],
    ['data.columns.3.maximum', 'data.columns.3.minimum', 300],
    ['data.columns.1.categories', 'data.columns.1.categories', ['1', '1.0']],
    ['data.columns.1.name', 'data.columns.1.name', 'age'],
    ['data.columns.1.position', 'data.columns.1.position', 0],
    ['data.columns.0.position', 'data.header', true],
    ['masking.updateWidth', 'masking.updateWidth', 31],
    ['model.layers.0', 'model.layers', [{ kind: 'dense', units: 2, activation: 'sigmoid' }]],
    ['server.kind', 'server.kind', 'fedprox'],
    ['server.momentum', 'server', { kind: 'fedavgm', learningRate: 1, momentum: 1 }],
    ['server.beta2', 'server', { kind: 'fedyogi', learningRate: 1, beta1: 0.9, tau: 0.1 }],
    ['training.steps', 'training.steps', 10],
    ['training.epochs', 'training.epochs', undefined],
    ['training.schedule.kind', 'training.schedule', { kind: 'linear', warmUp: 0 }],
    ['training.schedule.warmUp', 'training.schedule', { kind: 'constant', warmUp: 12 }],
    ['training.algorithm.mu', 'training.algorithm', { kind: 'fedprox', mu: 0 }],
    ['training.algorithm.budgetSeconds', 'training.algorithm', { kind: 'scaffold', sites: 3, budgetSeconds: 1 }],
    ['training.earlyStop.patience', 'training.earlyStop', { patience: 0, least: 0 }],
    ['title', 'title', ''],
  ])('names %s when %s is %j', (path, changed, value) => {
    expect(() => checkTaskSpec(withEntry(spec, changed.split('.'), value))).toThrow(
      expect.objectContaining({ code: 'bad-input', details: { path } }),
    );
  });

  it('refuses to stop early by an evaluation that nobody sees', () => {
    const blind = { ...spec, evaluation: { bins: 20, release: 'off' } };
    const training = { ...spec.training, earlyStop: { patience: 3, least: 0.001 } };
    expect(checkTaskSpec({ ...spec, training }).training.earlyStop?.patience).toBe(3);
    expect(() => checkTaskSpec({ ...blind, training })).toThrow('cannot see');
  });

  it('refuses a text that is too large before it reads it', () => {
    expect(() => parseTaskSpec(new Uint8Array(MAX_SPEC_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });

  it('meets any bytes with a typed error', () => {
    const canonical = taskSpecBytes(spec);
    const mutated = fc
      .tuple(fc.nat(canonical.length - 1), fc.nat(255), fc.nat(canonical.length))
      .map(([at, byte, end]) => {
        const bytes = canonical.slice(0, end);
        if (at < end) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated, fc.json().map(utf8)), (bytes) => {
        let failure: unknown = new MurmurError('bad-input', 'none');
        try {
          parseTaskSpec(bytes);
        } catch (error) {
          failure = error;
        }
        expect(failure).toBeInstanceOf(MurmurError);
      }),
      { numRuns: 500 },
    );
  });
});

it('counts features and weights of the heart task', () => {
  expect(featureWidth(spec.data)).toBe(5 + 2 + 4 + 2 + 3 + 2);
  expect(weightCount(spec)).toBe(18 * 8 + 8 + 8 + 1);
});

it('compares cells as numbers where both are', () => {
  expect(canonicalCell(' 1.0 ')).toBe('1');
  expect(canonicalCell('-0')).toBe('0');
  expect(canonicalCell('.5')).toBe('0.5');
  expect(canonicalCell('0x10')).toBe('0x10');
  expect(canonicalCell('yes ')).toBe('yes');
});
