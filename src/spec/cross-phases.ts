import { defaultTestUser } from './checks.ts';
import type { GoodSections, ReleaseFile } from './file.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';

export function phaseChecks({ ramp, data, leveling, verify, audience }: GoodSections): Finding[] {
  return [
    ...(data === undefined ? [] : dataChecks(data)),
    ...(data?.pointOfNoReturn === 'leveling' ? gateChecks(leveling) : []),
    ...(verify === undefined ? [] : askers(verify)),
    ...(audience === undefined ? [] : audienceChecks(audience, verify)),
    ...(audience === undefined || ramp?.maxUsers === undefined ? [] : usersKnown(audience)),
  ];
}

function dataChecks({ compatible, pointOfNoReturn }: NonNullable<ReleaseFile['data']>): Finding[] {
  const path = ['data', 'pointOfNoReturn'];
  if (compatible === 'forwardOnly' && pointOfNoReturn === undefined) {
    return [
      finding(
        path,
        'missing; data that the base version cannot read makes leveling a point of no return: expected leveling',
      ),
    ];
  }
  if (compatible === 'both' && pointOfNoReturn !== undefined) {
    return [finding(path, 'expected nothing: with compatible: both a rollback stays possible')];
  }
  return [];
}

function gateChecks(leveling: GoodSections['leveling']): Finding[] {
  if (leveling?.approval?.otherwise !== 'proceed') return [];
  return [
    finding(
      ['leveling', 'approval', 'otherwise'],
      'expected rollback or hold: nobody passes a point of no return unasked, found "proceed"',
    ),
  ];
}

function askers({ deployment = [], gray = [] }: ReleaseFile['verify']): Finding[] {
  const asked = deployment.flatMap((check, index) =>
    'as' in check && check.as !== undefined
      ? [
          finding(
            ['verify', 'deployment', index, 'as'],
            'expected nothing: deployment checks go straight to each server, as nobody',
          ),
        ]
      : [],
  );
  const unasked = gray.flatMap((check, index) =>
    !('command' in check) && check.as === undefined
      ? [finding(['verify', 'gray', index, 'as'], 'missing; expected the test user who asks, such as tester-1')]
      : [],
  );
  return [...asked, ...unasked];
}

const usersKnown = ({ users }: ReleaseFile['audience']): Finding[] =>
  users === undefined
    ? [finding(['audience', 'users'], 'missing; ramp.maxUsers is counted out of all users with an identity')]
    : [];

function audienceChecks(
  { alwaysGray, alwaysStable }: ReleaseFile['audience'],
  verify: GoodSections['verify'],
): Finding[] {
  if ('file' in alwaysStable) return [];
  const stable = new Set(alwaysStable);
  const gray = 'file' in alwaysGray ? [] : alwaysGray;
  const testers = (verify?.gray ?? [{ as: defaultTestUser }]).flatMap((check) =>
    'as' in check && check.as !== undefined ? [check.as] : [],
  );
  return [
    ...gray.flatMap((user, index) =>
      stable.has(user) ? [finding(['audience', 'alwaysGray', index], 'the same user is in alwaysStable')] : [],
    ),
    ...alwaysStable.flatMap((user, index) =>
      testers.includes(user)
        ? [finding(['audience', 'alwaysStable', index], 'this user asks in verify.gray and must reach gray')]
        : [],
    ),
  ];
}
