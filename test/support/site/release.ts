/** A small release on real parts: stages of a second, judged on what the servers themselves count. */
import type { VersionProbe } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { CommandCheck, HttpCheck, ReleaseSpec } from '../../../src/domain/spec.ts';

export type SiteFacts = Pick<ReleaseSpec, 'target' | 'servers' | 'artifact' | 'router' | 'deployer'>;

export const version: VersionProbe = { get: '/version', version: '$.version', digest: '$.digest' };

export const siteSpec = (facts: SiteFacts, change: Partial<ReleaseSpec>): ReleaseSpec => ({
  ...facts,
  version,
  metrics: {
    ...{ kind: 'exposition', path: '/metrics', intervalMs: 500 },
    define: { errors: { total: 'http_requests_total', bad: { code: '/5../' } } },
  },
  verify: { deployment: [health], gray: [asTester] },
  audience: {
    ...{ alwaysGray: ['vip'], alwaysStable: ['keep'], testUsers: ['tester'], restBp: 1_000 },
    salt: 'site',
  },
  ramp: { patience: 20, stages: stages(2_000, 5_000) },
  judge: {
    ...{ kind: 'threshold', staleMs: 5_000 },
    metrics: { errors: { role: 'required', maxRate: 0.1, minSample: 5 } },
  },
  capacity: { maxLoad: 4 },
  data: { compatible: 'both' },
  hooks: {},
  deployment: { strays: 'bring-to-base', parallel: 4, attempts: 2, drainMs: 2_000 },
  leveling: { batch: 1, onServerFailure: 'exception' },
  exception: { policy: 'rollback', holdForMs: 60_000, drainMs: 1_000 },
  watch: { forMs: 500 },
  notify: [],
  ...change,
});

/** Stages of a second each. */
export const stages = (...sharesBp: readonly number[]) => sharesBp.map((shareBp) => ({ shareBp, holdMs: 1_000 }));

export const health: HttpCheck = {
  ...{ kind: 'http', name: 'health', method: 'GET', path: '/health', headers: {}, repeat: 1, timeoutMs: 10_000 },
  expect: { status: 200, version: true, headers: {}, json: {} },
};
export const asTester: HttpCheck = { ...health, name: 'checkout', path: '/checkout?demo=1', as: 'tester', repeat: 3 };

/** Passes once `file` is there. */
export const passesWhen = (file: string): CommandCheck => ({
  ...{ kind: 'command', name: 'a person looks', env: [], timeoutMs: 60_000 },
  command: [process.execPath, '-e', waitFor, file],
});

const waitFor = `
  const { existsSync } = require('node:fs');
  const look = () => existsSync(process.argv[1]) || setTimeout(look, 50);
  look();
`;

export const siteServers = (ports: readonly number[], gray: number): ServerSpec[] =>
  ports.map((port, at) => ({
    ...{ id: `s${at + 1}`, address: { host: '127.0.0.1', port } },
    ...{ gray: at < gray, spare: false, weight: 100 },
  }));
