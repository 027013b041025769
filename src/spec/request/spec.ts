/** The resolved spec, as it travels into the workflow. */
import { z } from 'zod';
import type { ServerSpec } from '../../domain/server.ts';
import type { ReleaseSpec } from '../../domain/spec.ts';
import {
  decimal,
  expects,
  flag,
  headerValue,
  list,
  named,
  nameText,
  oneOf,
  section,
  segmentNames,
  text,
  userId,
  whole,
} from '../scalars.ts';
import { artifact, base, versionProbe } from '../servers.ts';
import { check, hooks } from './checks.ts';
import { deployer } from './deployers.ts';
import { judge } from './judge.ts';
import { metrics, notifier } from './metrics.ts';
import { router } from './routers.ts';
import { basisPoints, milliseconds } from './scalars.ts';

const word = () => text('one line without white space', /^[\x21-\x7e]{1,1024}$/);

const server: z.ZodType<ServerSpec> = section({
  id: nameText('a server id'),
  address: section({ host: word(), port: whole(1, 65_535) }),
  gray: flag(),
  spare: flag(),
  zone: nameText('a zone').exactOptional(),
  weight: whole(1, 256),
  tls: section({ serverName: word().exactOptional(), caFile: word().exactOptional() }).exactOptional(),
  deploy: named('a key', /^[A-Za-z][\w-]*$/, z.json()).exactOptional(),
  names: section({ a: word().exactOptional(), b: word().exactOptional() }).exactOptional(),
  metrics: word().exactOptional(),
});

const approval = section({ deadlineMs: milliseconds(), otherwise: oneOf(['rollback', 'hold', 'proceed']) });

const users = () => list(userId(), 'user ids', { max: 10_000 });

const undecided = oneOf(['extend', 'hold', 'rollback']);

const segmentName = () => text('a name of a segment', segmentNames);

const segment = section({
  name: segmentName(),
  header: text('the name of a header in lower case', /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/),
  values: list(text('a value of the header', headerValue), 'values', { min: 1, max: 1_000 }),
  users: whole(0, 10_000_000_000).exactOptional(),
});

const stage = section({
  shareBp: basisPoints(0),
  segments: list(segmentName(), 'names of segments', { min: 1, max: 50 }).exactOptional(),
  holdMs: milliseconds(),
  undecided: undecided.exactOptional(),
  approval: approval.exactOptional(),
});

const phases = {
  ramp: section({
    stages: list(stage, 'stages', { min: 1, max: 50 }),
    patience: whole(1, 100),
    undecided: undecided.exactOptional(),
    answerWithinMs: milliseconds().exactOptional(),
    maxUsers: whole(1, 10_000_000_000).exactOptional(),
  }),
  capacity: section({ maxLoad: decimal(1, 10), minServing: whole(0, 10_000).exactOptional() }),
  data: section({
    compatible: z.enum(['both', 'forwardOnly'], { error: expects('both, forwardOnly or null') }).nullable(),
    pointOfNoReturn: oneOf(['leveling']).exactOptional(),
  }),
  deployment: section({
    strays: oneOf(['bring-to-base', 'refuse']),
    parallel: whole(1, 100),
    attempts: whole(1, 20),
    drainMs: milliseconds(),
  }),
  leveling: section({
    batch: whole(1, 10_000),
    byZone: flag().exactOptional(),
    warmUpMs: milliseconds().exactOptional(),
    approval: approval.exactOptional(),
    onServerFailure: oneOf(['exception', 'wait']),
  }),
  exception: section({
    ...{ policy: oneOf(['rollback', 'hold']), holdForMs: milliseconds(), drainMs: milliseconds() },
    crashLoop: whole(1, 100).exactOptional(),
    onDrift: oneOf(['restore', 'hold']).exactOptional(),
    batch: whole(1, 10_000).exactOptional(),
    parallel: whole(1, 100).exactOptional(),
  }),
  watch: section({ forMs: milliseconds() }),
};

const checks = () => list(check, 'checks', { min: 1, max: 50 });

export const releaseSpec: z.ZodType<ReleaseSpec> = section({
  target: nameText('a target name'),
  servers: list(server, 'servers', { min: 2, max: 10_000 }),
  version: versionProbe,
  artifact,
  base: base.exactOptional(),
  router,
  deployer,
  metrics,
  verify: section({ deployment: checks(), gray: checks() }),
  audience: section({
    alwaysGray: users(),
    alwaysStable: users(),
    testUsers: users(),
    restBp: basisPoints(0),
    salt: text('a salt', /^[A-Za-z0-9._-]{1,64}$/).exactOptional(),
    users: whole(1, 10_000_000_000).exactOptional(),
    segments: list(segment, 'segments', { max: 50 }).exactOptional(),
  }),
  judge,
  hooks,
  notify: list(notifier, 'notifiers', { max: 20 }),
  ...phases,
});
