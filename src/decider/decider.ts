/** Decides for a proxy that cannot hash: the embedded router without its entrances, and a road for the time it is gone. */
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { openAdmin } from '../router/admin.ts';
import { Health } from '../router/health.ts';
import { identityReader } from '../router/identity.ts';
import { RouterMetrics } from '../router/metrics.ts';
import { RouteHolder } from '../router/route-holder.ts';
import { signalled } from '../router/run.ts';
import { Servers } from '../router/servers.ts';
import { type DeciderConfig, readDeciderConfig } from './config.ts';
import { openDecisions } from './decisions.ts';
import { Road } from './road.ts';

export interface RunningDecider {
  /** Base URL where the proxy asks. */
  readonly decisions: string;
  /** Socket path or URL. */
  readonly admin: string;
  stop(): Promise<void>;
}

/** Loads the state file, asks every server once, shows the road, then answers. */
export async function startDecider(config: DeciderConfig): Promise<RunningDecider> {
  const holder = await RouteHolder.open(config);
  const servers = new Servers(config.servers);
  const health = new Health(servers, config.health);
  const metrics = new RouterMetrics(servers, holder);
  const road = new Road(config.road, config.servers);
  await road.show(holder.route);
  await health.start();
  const instance = `${process.pid}-${Date.now()}-${randomUUID()}`;
  const parts = { servers, health, metrics };
  const admin = await openAdmin({ ...parts, instance, holder: showing(holder, road) }, config.admin);
  const identity = identityReader(config.identity);
  const decisions = await openDecisions({ ...parts, holder, identity }, config.decisions);
  return {
    decisions: decisions.url,
    admin: admin.url,
    stop: async () => {
      health.stop();
      admin.cut();
      decisions.cut();
      await Promise.all([admin.close(), decisions.close()]);
    },
  };
}

/** A write is done when the road shows it too; a repeat mends a road that could not be written. */
const showing = (holder: RouteHolder, road: Road): Pick<RouteHolder, 'route' | 'apply' | 'alone'> => ({
  get route() {
    return holder.route;
  },
  apply: async (desired, prepare) => {
    const route = await holder.apply(desired, prepare);
    await holder.alone(async () => road.show(holder.route));
    return route;
  },
  alone: (step) => holder.alone(step),
});

/** Resolves when the decider was told to stop and has stopped. Throws `InvalidInput` for a bad configuration. */
export async function runDecider(configFile: string, out: Writable = process.stdout): Promise<void> {
  const config = await readDeciderConfig(configFile);
  const stopAsked = signalled();
  const { decisions, admin, stop } = await startDecider(config);
  out.write(`${JSON.stringify({ ready: true, pid: process.pid, target: config.target, decisions, admin })}\n`);
  await stopAsked;
  await stop();
}
