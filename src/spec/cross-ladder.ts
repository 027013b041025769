/** The audience ladder: every stage lets more users in, by a list, a segment or a higher share. */
import { eachRouter, type RouterFile } from './each-router.ts';
import type { GoodSections, ReleaseFile } from './file.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { listed, nearest } from './near.ts';

interface Rung {
  readonly shareBp: number;
  readonly segments?: readonly string[];
}

interface Audience {
  readonly alwaysGray: readonly string[] | { readonly file: string };
  readonly segments?: readonly { readonly name: string; readonly header: string }[];
}

export function fileLadderChecks({ ramp, audience, router }: GoodSections): Finding[] {
  return [
    ...(ramp === undefined || audience === undefined ? [] : ladderChecks(ramp.stages.map(rungOf), audience)),
    ...(audience === undefined || router === undefined ? [] : headerChecks(audience, router)),
  ];
}

const rungOf = ({ share, segments }: ReleaseFile['ramp']['stages'][number]): Rung => ({
  shareBp: share,
  ...(segments !== undefined && { segments }),
});

export const ladderChecks = (stages: readonly Rung[], audience: Audience): Finding[] => [
  ...stages.flatMap((stage, index) => climbs(stage, stages[index - 1], index, audience)),
  ...unknownNames(stages, audience),
  ...repeatedNames(stages),
  ...sameNames(audience),
];

const percent = (bp: number): string => `${bp / 100}%`;

/** The first stage may be for the listed users alone. */
function climbs(
  stage: Rung,
  before: Rung | undefined,
  index: number,
  { alwaysGray, segments = [] }: Audience,
): Finding[] {
  const path = ['ramp', 'stages', index, 'share'];
  const floor = before?.shareBp ?? 0;
  if (stage.shareBp > floor || (stage.shareBp === floor && stage.segments !== undefined)) return [];
  if (before === undefined) {
    const anyone = 'file' in alwaysGray || alwaysGray.length > 0;
    return anyone
      ? []
      : [finding(path, 'expected more than 0%, segments, or users in audience.alwaysGray: nobody would be on gray')];
  }
  const orSegments = segments.length > 0 && stage.shareBp === floor ? ', or segments that join' : '';
  const message = `expected more than the ${percent(floor)} of the stage before${orSegments}, found ${percent(stage.shareBp)}`;
  return [finding(path, message)];
}

function unknownNames(stages: readonly Rung[], { segments = [] }: Audience): Finding[] {
  const known = segments.map(({ name }) => name);
  return eachName(stages).flatMap(({ name, path }) =>
    known.includes(name)
      ? []
      : [finding(path, `no segment of audience.segments; known are ${listed(known) || 'none'}`, nearest(name, known))],
  );
}

function repeatedNames(stages: readonly Rung[]): Finding[] {
  const names = eachName(stages);
  return names.flatMap(({ name, path }, index) =>
    names.findIndex((other) => other.name === name) === index
      ? []
      : [finding(path, `${name} is on gray since an earlier stage: name it once`)],
  );
}

const eachName = (stages: readonly Rung[]) =>
  stages.flatMap(({ segments = [] }, stage) =>
    segments.map((name, index) => ({ name, path: ['ramp', 'stages', stage, 'segments', index] })),
  );

const sameNames = ({ segments = [] }: Audience): Finding[] =>
  segments.flatMap(({ name }, index) => {
    const first = segments.findIndex((other) => other.name === name);
    return first === index
      ? []
      : [finding(['audience', 'segments', index, 'name'], `the same name as audience.segments[${first}]`)];
  });

/** A header that no login layer vouches for lets anyone choose the version. */
function headerChecks({ segments = [] }: Audience, router: RouterFile): Finding[] {
  return segments.flatMap(({ header }, index) =>
    eachRouter(router).flatMap(({ router: one, path }) => {
      const known = 'identity' in one ? (one.identity.segments ?? []) : [];
      if (known.includes(header)) return [];
      const at = [...path, 'identity', 'segments'].join('.');
      const message = `expected a header of ${at}, which the router reads and your login layer sets; known are ${listed(known) || 'none'}`;
      return [finding(['audience', 'segments', index, 'header'], message, nearest(header, known))];
    }),
  );
}
