/**
 * `npm run bench:release`: requests lost while a whole release goes from request to last server, under constant load, by
 * a client that never retries; and the latencies beside those of the same router with no release. With `-- --router
 * embedded` or `--deployer ssh` on another pair.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { userName } from '../demo/load/options.ts';
import { type LoadHandle, startLoad } from '../demo/load/start.ts';
import type { LoadSummary } from '../demo/load/tally.ts';
import { scenarioOf } from '../demo/scenarios.ts';
import { processStage } from '../demo/stage/deployer.ts';
import { onStage, type Stage } from '../demo/stage/stage.ts';
import { startRelease, waitForRelease } from '../src/client.ts';
import type { ReleaseSpec } from '../src/domain/spec.ts';
import { command, say } from './options.ts';
import { sshStage } from './release/ssh.ts';
import { type Figure, finish } from './report.ts';

const routers = ['haproxy', 'embedded'] as const;
const deployers = { process: processStage, ssh: sshStage } as const;

const { quick, router, deployer } = command('release', 'Counts the requests that a whole release loses.')
  .addOption(new Option('--router <kind>').choices(routers).default('haproxy' as const))
  .addOption(new Option('--deployer <kind>').choices(['process', 'ssh'] as const).default('process' as const))
  .parse()
  .opts<{ quick?: true; router: (typeof routers)[number]; deployer: keyof typeof deployers }>();

/** Requests a second; half of them on a connection of their own. */
const rate = 400;
const load = { path: '/work', rate, freshPart: 0.5, anonymousPart: 0.1 } as const;
const holdMs = quick ? 3_000 : 15_000;
const idleMs = quick ? 3_000 : 15_000;
const enough = quick ? 1_000 : 20_000;

/** A tenth of the users stays on the base version as long as it can carry them. */
const alwaysStable = Array.from({ length: 40 }, (_, index) => userName(index * 10));

/** The demo's release; its judge looks at errors alone, since here the machine may be busy with other things. */
function specOf({ audience, judge, ramp, ...spec }: ReleaseSpec): ReleaseSpec {
  const errors = { role: 'required', maxRate: 0.05, minSample: 30 } as const;
  return {
    ...spec,
    audience: { ...audience, alwaysStable },
    ramp: { ...ramp, stages: ramp.stages.map((stage) => ({ ...stage, holdMs })) },
    judge: { kind: 'threshold', staleMs: judge.staleMs, metrics: { errors } },
  };
}

async function measure(stage: Stage): Promise<Figure[]> {
  const idle = await idleRouter(stage);
  const { tookMs, requests, summary } = await wholeRelease(stage);
  for (const { why, user } of summary.lostExamples) say(`lost: ${why}, asked by ${user ?? 'nobody known'}`);
  return [
    { name: 'requests', value: requests, unit: '', atLeast: enough },
    { name: 'lost', value: summary.lost, unit: '', atMost: 0 },
    { name: 'errors', value: summary.errors, unit: '' },
    { name: 'lost, idle router', value: idle.lost, unit: '', atMost: 0 },
    ...latencies('a release', summary),
    ...latencies('idle router', idle),
    { name: 'duration of the release', value: tookMs / 1_000, unit: 's' },
  ];
}

const latencies = (name: string, { latency }: LoadSummary): Figure[] => [
  { name: `latency p50, ${name}`, value: latency.p50Ms, unit: 'ms' },
  { name: `latency p99, ${name}`, value: latency.p99Ms, unit: 'ms' },
];

async function idleRouter({ entrance }: Stage): Promise<LoadSummary> {
  say(`${rate} requests a second with no release, ${idleMs / 1_000} s`);
  const loading = startLoad({ ...load, url: entrance });
  await sleep(idleMs);
  return loading.stop();
}

interface Whole {
  readonly tookMs: number;
  /** Requests sent between the first and the last moment of the release. */
  readonly requests: number;
  /** Of these, and of those sent in the second before and the second after. */
  readonly summary: LoadSummary;
}

async function wholeRelease(stage: Stage): Promise<Whole> {
  const { client, entrance } = stage;
  const spec = specOf(stage.spec);
  const loading = startLoad({ ...load, url: entrance });
  try {
    await untilSecond(loading);
    const before = loading.stats().sent;
    const beganMs = performance.now();
    await startRelease(client, { spec, by: 'bench' });
    say('the release has begun');
    const { outcome } = await waitForRelease(client, spec.target, { until: 'closed' });
    const tookMs = performance.now() - beganMs;
    say(`the release ${outcome} after ${(tookMs / 1_000).toFixed(0)} s`);
    if (outcome !== 'completed') throw new Error(`the release ended as ${outcome}`);
    const requests = loading.stats().sent - before;
    await sleep(1_000);
    return { tookMs, requests, summary: await loading.stop() };
  } finally {
    await loading.stop().catch(() => undefined);
  }
}

/** Until the load process counts. */
async function untilSecond(loading: LoadHandle): Promise<void> {
  while (loading.stats().last === null) await sleep(100);
}

say(`router ${router}, deployer ${deployer}`);
const pace = quick === true ? 'quick' : 'normal';
const order = { router, deployer: deployers[deployer], pace, keep: false, say } as const;
const signal = new AbortController().signal;

finish('release', await onStage({ ...order, scenario: scenarioOf('completed'), signal }, measure));
