/** Which version one request gets, now and step by step, and by which rule. */
import { desiredRoute } from './desired.ts';
import { percentOf } from './percent.ts';
import type { DesiredRoute } from './route.ts';
import type { Arm } from './server.ts';
import type { ReleaseSpec } from './spec.ts';
import { type Assignment, allUsersBp, assignment, effectiveShareBp } from './split.ts';
import { initialState, type ReleaseState } from './state.ts';
import type { UserHash } from './user-hash.ts';

export interface Asker {
  /** Null: a request without identity. */
  readonly user: string | null;
  /** Headers of the request, names in lower case. */
  readonly attributes: Readonly<Record<string, string>>;
  /** By which the router draws users; absent: xxh32. */
  readonly hash?: UserHash;
}

export interface Answer {
  /** Null: by the share, of users that are drawn when the release begins. */
  readonly arm: Arm | null;
  /** One sentence without a full stop. */
  readonly why: string;
}

export interface StepAnswer extends Answer {
  readonly step: string;
  readonly shareBp: number;
}

/** What `asker` gets in each step of a release; `salt` null: nobody knows it yet. */
export const whoGets = (spec: ReleaseSpec, asker: Asker, salt: string | null): StepAnswer[] =>
  stepsOf(spec).map(({ step, change }) => {
    const route = desiredRoute({ ...initialState, ...change, salt }, spec, spec.target);
    const found = assignment(route, asker.user, asker.attributes, asker.hash);
    return { step, shareBp: effectiveShareBp(route), ...(salt === null ? drawn(route, found) : told(route, found)) };
  });

/** What `asker` gets by a route that is in force. */
export const whoGetsBy = (route: DesiredRoute, { user, attributes, hash }: Asker): Answer =>
  told(route, assignment(route, user, attributes, hash));

interface Step {
  readonly step: string;
  readonly change: Partial<ReleaseState>;
}

function stepsOf({ ramp: { stages } }: ReleaseSpec): Step[] {
  const gray = { period: 'gray', listsApply: true } as const;
  return [
    { step: 'gray verification', change: { at: 'grayVerification', testing: true } },
    { step: 'period switch', change: { at: 'periodSwitch', ...gray } },
    ...stages.map(({ shareBp }, stage) => ({
      step: `stage ${stage + 1} of ${stages.length}`,
      change: { at: 'ramp', stage, shareBp, ...gray } as const,
    })),
    { step: 'leveled', change: { at: 'watch', stage: stages.length, shareBp: allUsersBp, rest: 'gray', ...gray } },
  ];
}

/** Only the share depends on the salt, and not at its ends. */
function drawn(route: DesiredRoute, found: Assignment): Answer {
  const shareBp = effectiveShareBp(route);
  if (found.by !== 'share' || isEnd(shareBp)) return told(route, found);
  return { arm: null, why: `${percentOf(shareBp)} of the users get gray; who is drawn when the release begins` };
}

/** Nobody or everybody: then no bucket matters. */
const isEnd = (shareBp: number): boolean => shareBp === 0 || shareBp === allUsersBp;

const told = (route: DesiredRoute, found: Assignment): Answer => ({ arm: found.arm, why: why(route, found) });

function why(route: DesiredRoute, found: Assignment): string {
  const shareBp = effectiveShareBp(route);
  switch (found.by) {
    case 'alwaysStable':
      return `always stable by list, and such users go where rest goes: ${route.split.rest}`;
    case 'alwaysGray':
      return route.period === 'normal' ? 'a test user' : 'always gray by list';
    case 'segment':
      return `in segment ${found.segment}`;
    case 'anonymous':
      return `no identity, and such requests go where rest goes: ${route.split.rest}`;
    case 'share':
      if (isEnd(shareBp)) return `the share is ${percentOf(shareBp)}`;
      return `bucket ${found.bucket} of ${allUsersBp}, and gray has those below ${shareBp} (${percentOf(shareBp)})`;
  }
}
