/** The release file of the demo: written as YAML, and then used like anybody's. */
import { stringify } from 'yaml';
import type { Artifact } from '../src/domain/artifact.ts';
import type { RouterSpec } from '../src/domain/spec.ts';
import type { Scenario } from './scenarios.ts';

export interface ReleaseFacts {
  readonly target: string;
  readonly servers: readonly { readonly id: string; readonly port: number; readonly gray: boolean }[];
  readonly artifact: Artifact & { readonly source: string };
  /** The section as it stands in the file. */
  readonly router: Readonly<Record<string, unknown>> & Pick<RouterSpec, 'kind'>;
  /** The section as it stands in the file. */
  readonly deployer: Readonly<Record<string, unknown>>;
}

/** How long the demo takes. */
export interface Pace {
  readonly shares: readonly string[];
  readonly hold: string;
  readonly watch: string;
  /** Gray requests that a verdict needs; the smallest share gets about 12 a second. */
  readonly minSample: number;
}

export const paces = {
  normal: { shares: ['5%', '15%', '33%'], hold: '8s', watch: '5s', minSample: 60 },
  quick: { shares: ['10%', '33%'], hold: '3s', watch: '1s', minSample: 30 },
} as const satisfies Record<string, Pace>;

/** Median of the base version's latency, at a bucket bound of its histogram. */
export const baseMedianMs = 25;

const testUser = 'gray-tester';

export const releaseYaml = (facts: ReleaseFacts, pace: Pace, scenario: Scenario): string =>
  `# Written by \`npm run demo\`; \`gray plan\` explains it.\n${stringify(releaseFile(facts, pace, scenario))}`;

const releaseFile = (facts: ReleaseFacts, pace: Pace, scenario: Scenario) => ({
  target: facts.target,
  servers: facts.servers.map(({ id, port, gray }) => ({ id, address: `127.0.0.1:${port}`, ...(gray && { gray }) })),
  artifact: { version: facts.artifact.version, source: facts.artifact.source, digest: facts.artifact.digest },
  router: facts.router,
  deployer: facts.deployer,
  metrics,
  verify: {
    deployment: [{ get: '/health' }, { get: '/work', repeat: 5, expect: { version: true } }],
    gray: [{ get: '/checkout?demo=1', as: testUser, repeat: 10, expect: { version: true } }],
  },
  // Fixed, so that every run moves the same users; with this one even 5 % of only 400 users are close to 5 %.
  audience: { salt: 'demo-8', users: 400, rest: '10%' },
  ramp: { stages: stages(pace, scenario) },
  judge: judge(pace),
  // Two of six servers leave the stable pool at once: the others carry 1.5 times their normal load for a while.
  capacity: { maxLoad: 1.8 },
  data: { compatible: 'both' },
  deployment: { attempts: 2, drain: '5s' },
  leveling: { batch: 2 },
  exception: { policy: scenario.exception ?? 'rollback', holdFor: '2m', drain: '2s' },
  watch: { for: pace.watch },
});

const metrics = {
  kind: 'exposition',
  interval: '1s',
  define: {
    slow: { histogram: 'http_request_duration_seconds', above: `${baseMedianMs}ms` },
    errors: { total: 'http_requests_total', bad: { code: '/5../' } },
  },
};

/** The simulated users are independent of each other, so what is bad does not come in clumps. */
const judge = ({ minSample }: Pace) => ({
  metrics: {
    slow: { role: 'required', minSample, dispersion: 1 },
    errors: { role: 'guard', maxRate: '5%', minSample: 20, dispersion: 1 },
  },
});

const stages = (pace: Pace, { approvalAfter }: Scenario) =>
  pace.shares.map((share, index) => ({
    share,
    hold: pace.hold,
    ...(approvalAfter === index + 1 && { approval: { deadline: '2m', otherwise: 'rollback' } }),
  }));
