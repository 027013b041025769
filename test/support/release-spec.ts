/** A small release in memory: eight servers, two of them gray, three short stages. */
import type { ReleaseRequest, ReleaseSpec } from '../../src/domain/spec.ts';

export const baseBuild = { version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };
export const newBuild = { version: '2.0.0', digest: `sha256:${'2'.repeat(64)}` };

export const server = (id: string, port: number, gray = false) => ({
  id,
  address: { host: '127.0.0.1', port },
  gray,
  spare: false,
  weight: 100,
});

/** `s1` … `sN`, the first two of them gray. */
export const servers = (count: number) =>
  Array.from({ length: count }, (_, index) => server(`s${index + 1}`, 9001 + index, index < 2));

/** Holds in milliseconds, so that a test of the whole lifecycle takes a few seconds. */
export const releaseSpec = (target: string, change: Partial<ReleaseSpec> = {}): ReleaseSpec => ({
  target,
  servers: servers(8),
  version: { get: '/version', version: '$.version', digest: '$.digest' },
  artifact: newBuild,
  router: { kind: 'memory', identity: { header: 'x-user-id' } },
  deployer: { kind: 'memory' },
  metrics: { kind: 'memory', intervalMs: 100 },
  verify: { deployment: [], gray: [] },
  audience: { alwaysGray: ['vip'], alwaysStable: ['keep'], testUsers: ['tester'], salt: 'salt', restBp: 1_000 },
  ramp: { patience: 30, stages: [500, 1_500, 3_300].map((shareBp) => ({ shareBp, holdMs: 400 })) },
  judge: {
    kind: 'threshold',
    staleMs: 10_000,
    metrics: { errors: { role: 'required', maxRate: 0.05, maxRatio: 3, minSample: 5 } },
  },
  capacity: { maxLoad: 1.5 },
  data: { compatible: 'both' },
  hooks: {},
  deployment: { strays: 'bring-to-base', parallel: 4, attempts: 1, drainMs: 500 },
  leveling: { batch: 2, onServerFailure: 'exception' },
  exception: { policy: 'rollback', holdForMs: 20_000, drainMs: 300 },
  watch: { forMs: 300 },
  notify: [],
  ...change,
});

export const releaseRequest = (spec: ReleaseSpec, change: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
  spec,
  mode: 'release',
  by: 'ana',
  reason: 'weekly release',
  requestId: `request-${spec.target}`,
  ...change,
});
