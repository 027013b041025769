/** Aborts right after the worker that had the releases in its cache was killed, or frozen; a second worker is alive. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Member } from '../../demo/processes/crew.ts';
import { signalGroup } from '../../demo/processes/groups.ts';
import { say } from '../options.ts';
import type { Figure } from '../report.ts';
import type { Engine } from './engine.ts';
import type { Site } from './site.ts';
import { abort, bringToRamp, handleOf } from './tries.ts';

const losses = [
  { name: 'killed', signal: 'SIGKILL', atMost: 5_000 },
  { name: 'frozen', signal: 'SIGSTOP', atMost: 15_000 },
] as const;

type Loss = (typeof losses)[number];

export async function withoutWorker(
  engine: Engine,
  sites: readonly Site[],
  first: Member,
  rounds: number,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  let workers = [first];
  for (const loss of losses) {
    const tookMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      workers.push(await engine.startWorker());
      const { lost, aborts } = await lose(engine, sites, workers, loss);
      tookMs.push(...aborts);
      workers = workers.filter((worker) => worker !== lost);
    }
    figures.push(...figuresOf(loss, tookMs));
  }
  return figures;
}

/** About half of the releases are in the cache of the worker that is lost; they are aborted together. */
async function lose(engine: Engine, sites: readonly Site[], workers: readonly Member[], { name, signal }: Loss) {
  await Promise.all(sites.map((site) => bringToRamp(engine.client, site)));
  const owned = await Promise.all(
    sites.map(async (site) => ({ site, pid: await cachedAt(handleOf(engine.client, site)) })),
  );
  const of = ({ pid }: Member) => owned.filter((one) => one.pid === pid).map(({ site }) => site);
  const [lost, ...others] = workers.toSorted((one, other) => of(other).length - of(one).length);
  if (lost === undefined) throw new Error('no worker to lose');
  signalGroup(lost.pid, signal);
  const aborts = await Promise.all(of(lost).map(async (site) => (await abort(engine.client, site)).tookMs));
  say(`worker ${name}: ${aborts.length} aborts within ${Math.max(...aborts).toFixed(0)} ms`);
  await lost.kill('SIGKILL');
  await Promise.all(others.flatMap(of).map((site) => abort(engine.client, site)));
  return { lost, aborts };
}

/** Pid of the worker that did the last workflow task: `<pid>@<host>` is how workers call themselves. */
async function cachedAt(handle: WorkflowHandle): Promise<number> {
  const events = (await handle.fetchHistory()).events ?? [];
  const identity = events.findLast((event) => event.workflowTaskCompletedEventAttributes != null)
    ?.workflowTaskCompletedEventAttributes?.identity;
  return Number(identity?.split('@')[0]);
}

const figuresOf = ({ name, atMost }: Loss, tookMs: readonly number[]): Figure[] => [
  { name: `abort, worker ${name}: longest`, value: Math.max(...tookMs), unit: 'ms', atMost },
  { name: `abort, worker ${name}: tries`, value: tookMs.length, unit: '', atLeast: 1 },
];
