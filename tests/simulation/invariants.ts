/**
 * The promises, checked on what happened: no round waits past its deadlines; nobody reveals both kinds of share; no second release;
 * survivors hold the chain's model; a sum is the survivors' sum or the round is void; funds are conserved.
 */
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { foldSum } from '../../src/aggregation/recompute.ts';
import { has, members } from '../../src/core/bitmap.ts';
import { type Bytes, fromHex, type Hex, toHex } from '../../src/core/bytes.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { parseAnswer } from '../../src/masking/unmask.ts';
import type { Checkpoint } from '../../src/model/checkpoint.ts';
import { readStart } from '../../src/model/start.ts';
import type { Layout } from '../../src/protocol/layout.ts';
import { isOver, Phase } from '../../src/protocol/phases.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { type TaskParameters, ZERO_HASH } from '../../src/protocol/views.ts';
import { Learner } from '../../src/session/learner.ts';
import { checkRelease, readReleases, type Release } from '../../src/session/releases.ts';
import { type ContractTwin, hashOf } from './contract-twin.ts';
import { trainerOf } from './site-parts.ts';
import { type Recalled, SiteMemory } from '../../src/session/site-memory.ts';
import type { Site } from './world.ts';

/** A site that saw the end of its task has the private layers of the last round that counted it. */
async function privateViolations(site: Site, kept: Recalled | undefined): Promise<string[]> {
  if (site.gone || site.status?.note !== 'finished') return [];
  const { now } = await new SiteMemory(site.journal.open(new AbortController().signal), 1n).privateWeights(0);
  const same = toHex(floatBytes(now)) === toHex(floatBytes(kept?.privateWeights));
  return same ? [] : [`site ${site.index} has other private layers than its rounds gave it`];
}

function floatBytes(floats: Float32Array = new Float32Array(0)): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

const CREATOR: Hex = `0x${'11'.repeat(20)}`;

/** The same bits, but with room for the values of a whole cohort. */
function layoutOfSums(layout: Layout, cohort: number): Layout {
  return layout.map((segment) => {
    const { encoding } = segment;
    return encoding.kind === 'fixed'
      ? { ...segment, encoding: { ...encoding, limit: encoding.limit * cohort } }
      : segment;
  });
}

/**
 * What must hold of a world that ended.
 * @returns one sentence a violation
 */
export async function invariants(
  twin: ContractTwin,
  sites: readonly Site[],
  parameters: TaskParameters,
  spec: TaskSpec,
  start?: Bytes,
): Promise<string[]> {
  const violations: string[] = [];
  /** what sites keep of the rounds that were accepted and counted them: control variates, private layers */
  const kept = new Map<Site, Recalled>();
  const startWeights = start && spec.model.start && (await readStart(spec, spec.model.start, start));
  const longest = parameters.joinSeconds + parameters.beaconSeconds + 7 * parameters.phaseSeconds;
  let model: Checkpoint | undefined;
  let modelHash: Hex = ZERO_HASH;
  for (const [i, { state, openedAtSeconds, answers }] of twin.rounds.entries()) {
    const number = i + 1;
    if (!isOver(state.phase)) violations.push(`round ${number} never ended`);
    if (state.phaseEndsAt - openedAtSeconds > longest) violations.push(`round ${number} waited past its deadlines`);
    for (const [index, answer] of answers) {
      const { u2, u3 } = parseAnswer(answer, state.roster.length);
      if (u2 !== state.u2 || u3 !== state.u3)
        violations.push(`round ${number}: member ${index} answered for other survivors`);
      if (!has(state.u3, index)) violations.push(`round ${number}: member ${index} answered without having survived`);
    }
    if (state.phase !== Phase.Settled) continue;
    if (state.baseModel !== modelHash) violations.push(`round ${number} began with another model`);
    const layout = roundLayout(spec, state.step);
    const expected = layout.map(({ length }) => new Float64Array(length));
    for (const index of members(state.u3)) {
      const site = sites.find((candidate) => candidate.registrationId === state.roster[index]) as Site;
      const learner = new Learner(spec, site.dataset, async () => trainerOf(spec));
      const { parts, remembered } = await learner.contribution({
        step: state.step,
        base: model,
        baseModel: fromHex(modelHash),
        site: fromHex(site.wallet),
        recalled: kept.get(site),
      });
      if (state.accepted && remembered) {
        const { control, privateWeights } = remembered;
        kept.set(site, { ...(control && { control }), ...(privateWeights && { privateWeights }) });
      }
      for (const [s, part] of unpackVector(layout, packVector(layout, parts)).entries()) {
        const total = expected[s] as Float64Array;
        for (const [j, value] of part.entries()) total[j] = (total[j] as number) + value;
      }
    }
    const packed = packVector(layoutOfSums(layout, state.roster.length), expected);
    if (toHex(hashOf(packed)) !== state.sumRoot) violations.push(`round ${number}: the sum is not the survivors' sum`);
    const view = twin.view(number);
    const folded = await foldSum(spec, view, model, packed, members(state.u3).length, startWeights);
    if (folded.modelHash !== state.modelHash)
      violations.push(`round ${number}: the model does not follow from the sum`);
    if (state.accepted) {
      model = folded.checkpoint;
      modelHash = folded.modelHash;
    }
  }
  if (twin.modelHash !== modelHash) violations.push('the chain holds another model than the rounds give');
  for (const site of sites) {
    violations.push(...(await privateViolations(site, kept.get(site))));
    if (!site.gone && site.status?.modelHash !== twin.modelHash)
      violations.push(`site ${site.index} holds another model`);
    if (!site.gone && twin.modelHash !== ZERO_HASH) {
      // A site that is down when the world ends has not got there.
      const over = site.status?.note === 'finished' || site.status?.note === 'failed-voids';
      if (over && site.status?.result?.alone === undefined)
        violations.push(`site ${site.index} has no result to compare`);
      for (const { round, own, alone } of site.status?.history ?? [])
        if (own && !alone) violations.push(`site ${site.index} did not compare round ${round}`);
    }
    const releases = await readReleases(site.journal.open(new AbortController().signal), 1n);
    for (const [i, release] of releases.entries()) {
      try {
        checkRelease(spec, releases.slice(0, i) as Release[], release);
      } catch {
        violations.push(`site ${site.index} released twice over one model`);
      }
    }
    for (const [i, { state, answers }] of twin.rounds.entries()) {
      const index = state.roster.indexOf(site.registrationId);
      if (answers.has(index) && !releases.some((release) => release.round === i + 1))
        violations.push(`site ${site.index} answered without spending a release`);
    }
  }
  const before = twin.held + [...twin.balances.values()].reduce((sum, value) => sum + value, 0n) + twin.treasury;
  twin.payEverybody(CREATOR);
  const after = twin.held + [...twin.balances.values()].reduce((sum, value) => sum + value, 0n) + twin.treasury;
  const dust = BigInt(twin.rounds.length * 9);
  if (before !== after || twin.held < 0n || twin.held > dust)
    violations.push(`funds are not conserved: ${twin.held} left`);
  return violations;
}
