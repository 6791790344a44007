import { afterEach, describe, expect, it, vi } from 'vitest';
import { privacyCommand } from './privacy.ts';

async function run(...args: string[]): Promise<string> {
  vi.restoreAllMocks();
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const command = privacyCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await command.parseAsync(args, { from: 'user' });
  return written.mock.calls.map(([text]) => String(text)).join('');
}

const json = async (...args: string[]) => JSON.parse(await run(...args, '--json')) as Record<string, unknown>;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('murmur privacy', () => {
  it('prints the known answers as JSON', async () => {
    const subsampled = await json('--z', '1.5', '--rounds', '2250', '--q', '0.04', '--delta', '1e-5');
    expect(subsampled).toEqual({
      epsilon: expect.closeTo(7.32911117143, 9) as number,
      order: 3.9,
      mechanism: 'subsampled-gaussian',
    });
    expect(await json('--z', '4', '--rounds', '50', '--q', '1', '--delta', '1e-5')).toEqual({
      epsilon: expect.closeTo(8.5959, 4) as number,
      order: null,
      mechanism: 'gaussian',
    });
    const ring = ['--z', '1', '--rounds', '1', '--q', '1', '--delta', '1e-5', '--n', '1000', '--bits'];
    expect(await json(...ring, '18')).toEqual({
      epsilon: expect.closeTo(4.754, 4) as number,
      order: 5,
      mechanism: 'skellam',
    });
    expect(await json(...ring, '16')).toMatchObject({ epsilon: expect.closeTo(4.7723, 4) as number });
  });

  it('says it in words', async () => {
    const text = await run('--z', '1', '--rounds', '1', '--q', '1', '--delta', '1e-5');
    expect(text).toContain('epsilon 4.377 at delta 0.00001');
    expect(text).toContain('a factor of at most 79.6');
    expect(await run('--z', '0', '--rounds', '1', '--q', '1', '--delta', '1e-5')).toContain('none');
  });

  it('refuses options that are no numbers, or half a ring', async () => {
    const round = ['--rounds', '1', '--q', '1', '--delta', '1e-5'];
    await expect(run('--z', 'much', ...round)).rejects.toThrow('a number from 0');
    await expect(run('--z', '1', ...round, '--n', '5')).rejects.toThrow('belong together');
    await expect(run('--z', '1', ...round, '--n', '5', '--bits', '1')).rejects.toThrow('whole number from 2');
  });
});
