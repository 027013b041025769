/** The middle step of the audience ladder (lists, segments, share): which segments a stage has let in, and how many users that may be. */
import { isBefore } from './phases.ts';
import type { Segment, Split } from './route.ts';
import type { AudienceSegment, ReleaseSpec } from './spec.ts';
import { allUsersBp } from './split.ts';
import type { ReleaseState } from './state.ts';

type Ladder = Pick<ReleaseSpec, 'audience' | 'ramp'>;
type Reached = Pick<ReleaseState, 'listsApply' | 'at' | 'stage'>;

/** Segments that the first `stages` stages have let in: none ever leaves while the ramp goes on. */
export function segmentsUpTo({ audience, ramp }: Ladder, stages: number): AudienceSegment[] {
  const names = new Set(ramp.stages.slice(0, stages).flatMap(({ segments = [] }) => segments));
  return (audience.segments ?? []).filter(({ name }) => names.has(name));
}

/** Segments in force: from the first stage on, until users leave gray. */
const segmentsNow = (state: Reached, spec: Ladder): AudienceSegment[] =>
  state.listsApply && !isBefore(state.at, 'ramp') ? segmentsUpTo(spec, state.stage + 1) : [];

/** For a route; nothing where there are none. */
export function splitSegments(state: Reached, spec: Ladder): Pick<Split, 'segments'> {
  const segments = segmentsNow(state, spec).map(({ name, header, values }): Segment => ({ name, header, values }));
  return segments.length === 0 ? {} : { segments };
}

/** One segment that is not in force, to prove that its requests do not reach gray by it. */
export function formerSegments(state: Reached, spec: Ladder): Segment[] {
  const now = new Set(segmentsNow(state, spec).map(({ name }) => name));
  const others = (spec.audience.segments ?? []).filter(({ name }) => !now.has(name));
  return others.slice(0, 1).map(({ name, header, values }) => ({ name, header, values }));
}

/** Expected part of the users that the segments in force hold, basis points; 0 where the file does not say. */
export const segmentsBpNow = (state: Reached, spec: Ladder): number => partBp(segmentsNow(state, spec), spec);

export const segmentsBpUpTo = (spec: Ladder, stages: number): number => partBp(segmentsUpTo(spec, stages), spec);

function partBp(segments: readonly AudienceSegment[], { audience: { users } }: Ladder): number {
  if (users === undefined) return 0;
  return Math.min(allUsersBp, Math.round((expectedIn(segments) / users) * allUsersBp));
}

/** Users of `segments`, as far as the file says. */
export const expectedIn = (segments: readonly AudienceSegment[]): number =>
  segments.reduce((sum, { users = 0 }) => sum + users, 0);
