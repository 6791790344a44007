import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../../dataset/heart.ts';
import { type Checkpoint, initialServerState } from '../../model/checkpoint.ts';
import type { TableTask } from '../../protocol/task-spec.ts';
import { fold } from '../fold.ts';
import { statisticsParts } from '../layouts.ts';
import { type FoldGroupsInput, type GroupSum, foldGroups, leaveOneGroupOut, possibleGroups } from './fold-groups.ts';

const heart = heartTaskSpec();
/** One feature, logistic: the weights are (kernel, bias). */
function tinySpec(overrides: Partial<TableTask> = {}): TableTask {
  return heartTaskSpec({
    data: {
      ...heart.data,
      columns: [{ kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 }],
    },
    model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
    server: { kind: 'fedavg', learningRate: 1 },
    masking: { clipNorm: 1, updateWidth: 32, updateFractionBits: 24, rowCap: 4, maxCohort: 16 },
    evaluation: { bins: 2, release: 'off' },
    training: { ...heart.training, rounds: 2 },
    ...overrides,
  });
}
const spec = tinySpec();
const base: Checkpoint = {
  weights: Float32Array.of(1, -0.5),
  normaliser: { mean: Float64Array.of(0.5), scale: Float64Array.of(0.25), rows: 6, positives: 2 },
  server: initialServerState(spec),
};
const group = (members: number, weight: number, ...update: number[]): GroupSum => ({
  members,
  sums: [Float64Array.of(weight), Float64Array.from(update)],
});
const groups = [group(4, 2, 0.5, 0.25), group(4, 4, 1, -1), group(4, 2, 2, 1)];
const input = (changes: Partial<FoldGroupsInput> = {}): FoldGroupsInput => ({
  spec,
  step: 1,
  base,
  beacon: new Uint8Array(32),
  groups,
  rule: { kind: 'mean' },
  ...changes,
});
const weightsOf = ({ checkpoint }: { checkpoint: Checkpoint }) => Array.from(checkpoint.weights);

describe('foldGroups', () => {
  it('with the mean is the fold of one sum over everybody', async () => {
    const { spec: task, step, beacon } = input();
    const sums = [Float64Array.of(8), Float64Array.of(3.5, 0.25)];
    expect(await foldGroups(input())).toEqual(await fold({ spec: task, step, base, beacon, sums, members: 12 }));
  });

  it('takes one server step along the rule’s update; worked by hand', async () => {
    // The groups' means are (0.25, 0.125), (0.25, -0.25) and (1, 0.5).
    expect(weightsOf(await foldGroups(input({ rule: { kind: 'median' } })))).toEqual([1.25, -0.375]);
  });

  it('adds up what is no update', async () => {
    const rows = (labels: number[], ...features: number[]) =>
      statisticsParts(spec, {
        features: Float32Array.from(features),
        labels: Uint8Array.from(labels),
        rows: labels.length,
        width: 1,
      });
    const apart = await Promise.all([rows([0, 1], 0, 1), rows([1], 0.5)]);
    const zero = { spec, step: 0, base: undefined, beacon: new Uint8Array(32) };
    const grouped = apart.map((sums) => ({ members: 1, sums }));
    expect(await foldGroups({ ...zero, groups: grouped, rule: { kind: 'median' } })).toEqual(
      await fold({ ...zero, sums: await rows([0, 1, 1], 0, 1, 0.5), members: 2 }),
    );
  });

  it('leaves each group out in turn', async () => {
    const candidates = await leaveOneGroupOut(input({ rule: { kind: 'median' } }));
    expect(candidates.map(weightsOf)).toEqual([
      [1.625, -0.375], // of (0.25, -0.25) and (1, 0.5): (0.625, 0.125)
      [1.625, -0.1875], // of (0.25, 0.125) and (1, 0.5)
      [1.25, -0.5625], // of (0.25, 0.125) and (0.25, -0.25)
    ]);
    await expect(leaveOneGroupOut(input({ groups: groups.slice(1, 2) }))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('drops a group whose sum no honest members can have given, and only that', async () => {
    const tooLong = group(4, 2, 4, 1);
    const tooHeavy = group(4, 4.5, 0, 0);
    const nobody = group(4, 0, 0, 0);
    const [first, second, third] = groups as [GroupSum, GroupSum, GroupSum];
    expect(await possibleGroups(input({ groups: [tooLong, first, nobody, second, tooHeavy, third] }))).toEqual(groups);
    await expect(possibleGroups(input({ step: 9 }))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('refuses a rule where noise or the algorithm gives it no update in the clear', async () => {
    const scaffold = tinySpec({ training: { ...spec.training, algorithm: { kind: 'scaffold', sites: 12 } } });
    await expect(foldGroups(input({ spec: scaffold, rule: { kind: 'median' } }))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('refuses groups that do not fit each other', async () => {
    const other = { members: 4, sums: [Float64Array.of(1)] };
    await expect(foldGroups(input({ groups: [] }))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(foldGroups(input({ groups: [...groups, other] }))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(foldGroups(input({ groups: [...groups, group(4, 1, 1)] }))).rejects.toMatchObject({
      code: 'bad-input',
    });
  });
});
