/** Aborts in mid-ramp: several releases are prepared together, then aborted one after the other, each beside one Update that awaits one activity that does nothing. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { RouterKind } from '../../demo/stage/router.ts';
import { say } from '../options.ts';
import { type Figure, percentileFigures, percentiles } from '../report.ts';
import type { Engine } from './engine.ts';
import type { Site } from './site.ts';
import { abort, bringToRamp } from './tries.ts';
import { baselineQueue } from './worker-order.ts';

export async function inRamp(
  { client }: Engine,
  kind: RouterKind,
  sites: readonly Site[],
  tries: number,
): Promise<Figure[]> {
  const baseline = await startBaseline(client, kind);
  const aborts: number[] = [];
  const atRouter: number[] = [];
  const updates: number[] = [];
  try {
    while (aborts.length < tries) {
      await Promise.all(sites.map((site) => bringToRamp(client, site)));
      for (const site of sites) {
        const { tookMs, routerMs, desired } = await abort(client, site);
        if (desired.split.shareBp !== 0)
          throw new Error(`the share of ${site.spec.target} is ${desired.split.shareBp}`);
        aborts.push(tookMs);
        atRouter.push(routerMs);
        updates.push(await updateOnce(baseline));
      }
      if (aborts.length % 20 === 0) say(`${kind}: ${aborts.length} of ${tries} aborts`);
    }
  } finally {
    await baseline.signal('end');
  }
  return figuresOf(kind, { aborts, atRouter, updates });
}

const startBaseline = (client: Client, kind: RouterKind): Promise<WorkflowHandle> =>
  client.workflow.start('baseline', {
    taskQueue: baselineQueue,
    workflowId: `bench-baseline-${kind}`,
    workflowTaskTimeout: '3s',
  });

async function updateOnce(baseline: WorkflowHandle): Promise<number> {
  const sentMs = performance.now();
  await baseline.executeUpdate('ask');
  return performance.now() - sentMs;
}

interface Samples {
  readonly aborts: readonly number[];
  readonly atRouter: readonly number[];
  readonly updates: readonly number[];
}

function figuresOf(kind: RouterKind, { aborts, atRouter, updates }: Samples): Figure[] {
  const [ours, bare] = [percentiles(aborts), percentiles(updates)];
  return [
    ...percentileFigures(`${kind} abort`, 'ms', aborts, { p99: 250 }),
    ...percentileFigures(`${kind} abort, of it at the router`, 'ms', atRouter),
    ...percentileFigures(`${kind} bare Update`, 'ms', updates),
    { name: `${kind} abort ÷ bare Update, p50`, value: ours.p50 / bare.p50, unit: 'times', atMost: 3 },
    { name: `${kind} abort ÷ bare Update, p99`, value: ours.p99 / bare.p99, unit: 'times', atMost: 3 },
    { name: `${kind} tries`, value: aborts.length, unit: '' },
  ];
}
