/** Sections `audience` and `ramp`: who reaches gray, and how their number grows. */
import { z } from 'zod';
import { show } from './finding.ts';
import {
  filePath,
  headerName,
  headerValue,
  list,
  oneOf,
  section,
  segmentNames,
  text,
  userId,
  whole,
} from './scalars.ts';
import { duration, percentBp } from './units.ts';

const users = () =>
  z
    .union([
      list(userId(), 'user ids', { max: 10_000 }),
      section({ file: filePath('a file of user ids').describe('One user id a line; # begins a comment.') }),
    ])
    .default([]);

const segmentName = () => text('a name of letters, digits, "_" and "-", at most 60', segmentNames);

const segment = section({
  name: segmentName().describe('What stages and `gray who` call it.'),
  header: text('the name of a header', headerName)
    .transform((name) => name.toLowerCase())
    .describe('A header of router.identity.segments, which your own login layer sets.'),
  values: list(text('a whole value of the header, without space around it', headerValue), 'values', {
    min: 1,
    max: 1_000,
  }).describe('A request with one of these is in the segment.'),
  users: whole(0, 10_000_000_000).exactOptional().describe('Expected users, for the plan and the loads.'),
});

export const audience = section({
  alwaysGray: users().describe('Users on the new version from the period switch on.'),
  alwaysStable: users().describe('Users who stay on the base version as long as it can carry them.'),
  rest: percentBp('0%').prefault('10%').describe('Expected part of the requests without identity, for the plan.'),
  salt: text('a salt of letters, digits, ".", "_" and "-", at most 64', /^[A-Za-z0-9._-]{1,64}$/)
    .exactOptional()
    .describe('Fixed salt of the user hash. Default: every release draws its own users.'),
  users: whole(1, 10_000_000_000).exactOptional().describe('Users with an identity, for the plan.'),
  segments: list(segment, 'segments', { max: 50 })
    .exactOptional()
    .describe('Groups of requests that stages can let in: a branch, the staff, a region.'),
})
  .prefault({})
  .describe('Which users reach gray, beside the share.');

/** `otherwise` differs: in leveling the default is to keep servers where they are. */
export const approval = (otherwise: 'rollback' | 'hold') =>
  section({
    count: z
      .literal(1, { error: ({ input }) => `expected 1 (quorums of several people come later), found ${show(input)}` })
      .default(1)
      .describe('How many people must approve; 1 for now.'),
    deadline: duration('100ms', '90d').prefault('4h').describe('Longest wait for an answer.'),
    otherwise: oneOf(['rollback', 'hold', 'proceed']).default(otherwise).describe('What happens when nobody answers.'),
  });

const undecided = () => oneOf(['extend', 'hold', 'rollback']);

const stage = section({
  share: percentBp('0%')
    .prefault('0%')
    .describe('Part of the users with an identity who reach gray. 0%: only lists and segments.'),
  segments: list(segmentName(), 'names of segments', { min: 1, max: 50 })
    .exactOptional()
    .describe('Segments that reach gray from this stage on.'),
  hold: duration('100ms', '90d').describe('How long the stage is observed at least.'),
  undecided: undecided().exactOptional().describe('At the end of the hold without a verdict; default: ramp.undecided.'),
  approval: approval('rollback').exactOptional().describe('A person opens the way to the next stage.'),
});

export const ramp = section({
  stages: list(stage, 'stages', { min: 1, max: 50 }).describe('Strictly increasing shares.'),
  maxUsers: whole(1, 10_000_000_000)
    .exactOptional()
    .describe('Most users on gray in any stage; a plan with more is refused. Needs audience.users.'),
  undecided: undecided()
    .default('extend')
    .describe('At the end of a hold without a verdict: extend it, hold and ask an operator, or roll back.'),
  patience: whole(1, 100).default(3).describe('extend: a stage without a verdict ends after patience × hold.'),
  answerWithin: duration('100ms', '90d')
    .prefault('24h')
    .describe('hold: longest wait for an operator or more evidence; then rollback.'),
}).describe('How the share of users on gray grows.');
