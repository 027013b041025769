import { describe, expect, it } from 'vitest';
import { parseReleaseFile, parseReleaseRequest } from '../../src/spec.ts';
import { problemsOf, refusal, refuses, spoiled } from './spec-base.ts';

const audience = `audience: { users: 9000, segments: [
  { name: staff, header: X-Staff, values: ["1"], users: 50 },
  { name: north, header: x-branch, values: [north, far north] } ] }
`;
const read = [
  'identity: { header: x-user-id }',
  'identity: { header: x-user-id, segments: [x-staff, X-Branch] }',
] as const;
const stages = (text: string) =>
  ['stages: [{ share: 5%, hold: 1m }, { share: 25%, hold: 2m }]', `stages: [${text}]`] as const;

/** The good file with a ladder; then one more text replaced. */
function ladder(from = '', to = '', more = audience): string {
  const file = spoiled(...read).replace(
    stages('')[0],
    'stages: [{ segments: [staff], hold: 1m }, { share: 5%, segments: [north], hold: 1m }, { share: 25%, hold: 2m }]',
  );
  const whole = `${file}${more}`;
  if (!whole.includes(from)) throw new Error(`the ladder has no ${JSON.stringify(from)}`);
  return whole.replace(from, () => to);
}

describe('an audience ladder in a release file', () => {
  it('resolves to stages that let segments in, header names in lower case', () => {
    const spec = parseReleaseFile(ladder());
    expect(spec.ramp.stages.map(({ shareBp, segments }) => ({ shareBp, segments }))).toEqual([
      { shareBp: 0, segments: ['staff'] },
      { shareBp: 500, segments: ['north'] },
      { shareBp: 2_500, segments: undefined },
    ]);
    expect(spec.audience.segments).toEqual([
      { name: 'staff', header: 'x-staff', values: ['1'], users: 50 },
      { name: 'north', header: 'x-branch', values: ['north', 'far north'] },
    ]);
    expect(spec.router).toMatchObject({ identity: { segments: ['x-staff', 'x-branch'] } });
    const request = { spec, mode: 'release', by: 'ana', reason: 'weekly', requestId: 'r-1' };
    expect(parseReleaseRequest(JSON.parse(JSON.stringify(request))).spec).toEqual(spec);
  });

  it('may begin with the listed users alone', () => {
    const [from, to] = stages('{ hold: 1m }, { share: 5%, hold: 1m }');
    expect(problemsOf(`${spoiled(from, to)}audience: { alwaysGray: [vip] }\n`)).toEqual([]);
  });

  refuses([
    [
      'a first stage for nobody',
      spoiled(...stages('{ hold: 1m }, { share: 5%, hold: 1m }')),
      'ramp.stages[0].share',
      'nobody would be on gray',
    ],
    [
      'a stage that lets nobody in',
      ladder('{ share: 5%, segments: [north], hold: 1m }', '{ share: 0%, hold: 1m }'),
      'ramp.stages[1].share',
      'or segments that join',
    ],
    [
      'a share that falls while segments join',
      ladder('{ share: 25%, hold: 2m }', '{ share: 3%, segments: [staff], hold: 2m }'),
      'ramp.stages[2].share',
      'more than the 5%',
    ],
    [
      'a segment nobody described',
      ladder('segments: [staff], hold', 'segments: [stuff], hold'),
      'ramp.stages[0].segments[0]',
      'known are staff, north',
      'staff',
    ],
    [
      'a segment let in twice',
      ladder('segments: [north], hold', 'segments: [staff], hold'),
      'ramp.stages[1].segments[0]',
      'on gray since an earlier stage',
    ],
    [
      'two segments of one name',
      ladder('name: north', 'name: staff'),
      'audience.segments[1].name',
      'the same name as audience.segments[0]',
    ],
    [
      'a header that the router does not read',
      ladder('[x-staff, X-Branch]', '[x-staff]'),
      'audience.segments[1].header',
      'expected a header of router.identity.segments',
    ],
    ['a segment without a value', ladder('values: ["1"]', 'values: []'), 'audience.segments[0].values', '1'],
    [
      'a value with space around it',
      ladder('[north, far north]', '[" north"]'),
      'audience.segments[1].values[0]',
      'without space around it',
    ],
  ]);

  it('is checked again when it comes as a request', () => {
    const spec = parseReleaseFile(ladder());
    const ramp = { ...spec.ramp, stages: [{ shareBp: 0, holdMs: 1_000 }] };
    const request = { spec: { ...spec, ramp }, mode: 'release', by: 'ana', reason: 'weekly', requestId: 'r-1' };
    expect(refusal(() => parseReleaseRequest(request)).map(({ path }) => path)).toEqual(['spec.ramp.stages[0].share']);
  });
});
