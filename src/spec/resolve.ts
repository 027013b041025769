/** From a valid release file to the spec: defaults that depend on another section, and paths seen from the file's folder. */
import { resolve as resolvePath } from 'node:path';
import type { Artifact } from '../domain/artifact.ts';
import type { ServerSpec } from '../domain/server.ts';
import type { AudienceSpec, HooksSpec, RampSpec, ReleaseSpec, StageSpec } from '../domain/spec.ts';
import { deploymentChecks, grayChecks, hookCheck } from './checks.ts';
import type { ReleaseFile } from './file.ts';
import { resolveJudge } from './judge.ts';
import { resolveDeployer, resolveMetrics } from './kinds.ts';
import {
  forwardParallel,
  resolveApproval,
  resolveCapacity,
  resolveException,
  resolveLeveling,
} from './resolve-phases.ts';
import { resolveRouter } from './router.ts';

/** The lists of the audience, read from their files. */
export interface Lists {
  readonly alwaysGray: readonly string[];
  readonly alwaysStable: readonly string[];
}

export type At = (path: string) => string;

/** `folder`: where relative paths of the file start. */
export function resolveFile(file: ReleaseFile, lists: Lists, folder: string): ReleaseSpec {
  const at: At = (path) => resolvePath(folder, path);
  const gray = grayChecks(file, at);
  const metrics = resolveMetrics(file.metrics, at);
  const build = (artifact: Artifact): Artifact => resolveSource(artifact, file.deployer.kind, at);
  return {
    target: file.target,
    servers: file.servers.map((server) => resolveServer(server, at)),
    version: file.version,
    artifact: build(file.artifact),
    ...(file.base === undefined ? {} : { base: build(file.base) }),
    router: resolveRouter(file.router, file.target, at),
    deployer: resolveDeployer(file.deployer, at),
    metrics,
    verify: { deployment: deploymentChecks(file, at), gray },
    audience: resolveAudience(file, lists, gray),
    ramp: resolveRamp(file.ramp),
    judge: resolveJudge(file.judge, metrics.intervalMs),
    capacity: resolveCapacity(file),
    data: file.data ?? { compatible: null },
    hooks: resolveHooks(file.hooks, at),
    deployment: {
      strays: file.deployment.strays,
      parallel: forwardParallel(file),
      attempts: file.deployment.attempts,
      drainMs: file.deployment.drain,
    },
    leveling: resolveLeveling(file),
    exception: resolveException(file),
    watch: { forMs: file.watch.for },
    notify: file.notify,
  };
}

function resolveServer(server: ReleaseFile['servers'][number], at: At): ServerSpec {
  if (server.tls?.caFile === undefined) return server;
  return { ...server, tls: { ...server.tls, caFile: at(server.tls.caFile) } };
}

/** A source for a program of the user's may be anything it understands, such as the name of an image. */
function resolveSource(artifact: Artifact, deployer: string, at: At): Artifact {
  const { source } = artifact;
  if (source === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return artifact;
  if (deployer === 'container' || deployer === 'kubernetes') return artifact;
  if (deployer === 'command' && !/^\.{1,2}\//.test(source)) return artifact;
  return { ...artifact, source: at(source) };
}

function resolveAudience(file: ReleaseFile, lists: Lists, gray: ReleaseSpec['verify']['gray']): AudienceSpec {
  const { rest, salt, users, segments } = file.audience;
  return {
    ...lists,
    testUsers: [
      ...new Set(gray.flatMap((check) => (check.kind === 'http' && check.as !== undefined ? [check.as] : []))),
    ],
    restBp: rest,
    ...(salt === undefined ? {} : { salt }),
    ...(users === undefined ? {} : { users }),
    ...(segments === undefined ? {} : { segments }),
  };
}

const resolveRamp = ({ stages, patience, undecided, answerWithin, maxUsers }: ReleaseFile['ramp']): RampSpec => ({
  stages: stages.map(resolveStage),
  patience,
  undecided,
  answerWithinMs: answerWithin,
  ...(maxUsers === undefined ? {} : { maxUsers }),
});

type StageFile = ReleaseFile['ramp']['stages'][number];

const resolveStage = ({ share, hold, segments, undecided, approval }: StageFile): StageSpec => ({
  shareBp: share,
  holdMs: hold,
  ...(segments === undefined ? {} : { segments }),
  ...(undecided === undefined ? {} : { undecided }),
  ...(approval === undefined ? {} : { approval: resolveApproval(approval) }),
});

function resolveHooks(hooks: ReleaseFile['hooks'], at: At): HooksSpec {
  const { beforeDeployment, beforeRollback, afterWatch } = hooks;
  return {
    ...(beforeDeployment === undefined
      ? {}
      : { beforeDeployment: hookCheck('beforeDeployment', beforeDeployment, at) }),
    ...(beforeRollback === undefined ? {} : { beforeRollback: hookCheck('beforeRollback', beforeRollback, at) }),
    ...(afterWatch === undefined ? {} : { afterWatch: hookCheck('afterWatch', afterWatch, at) }),
  };
}
