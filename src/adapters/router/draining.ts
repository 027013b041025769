/** Drain, the part that is the same on every router: wait for open sessions, then close what is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { staleFence } from '../../domain/errors.ts';
import type { RouteState } from '../../domain/route.ts';
import type { Drained, DrainRequest } from './port.ts';

export interface Sessions {
  read(): Promise<RouteState>;
  /** Closes the open sessions of `servers` and counts them per server; throws `staleFence` if the fence is no longer `fence`. */
  close(servers: readonly string[], fence: number): Promise<Readonly<Record<string, number>>>;
}

/** A write that came since the drain began may have given the servers new users: then closing is refused, `staleFence`. */
export async function drainServers(request: DrainRequest, sessions: Sessions): Promise<Drained> {
  const deadline = performance.now() + request.patienceMs;
  const { fence } = (await sessions.read()).route;
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 2, 250)) {
    request.signal?.throwIfAborted();
    const state = await sessions.read();
    const open = request.servers.filter((server) => (state.servers[server]?.openSessions ?? 0) > 0);
    if (open.length === 0) return { closed: {} };
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) {
      if (state.route.fence > fence) throw staleFence(fence, state.route.fence, 'the router');
      return { closed: await sessions.close(open, fence) };
    }
    await sleep(Math.min(waitMs, leftMs), undefined, request.signal ? { signal: request.signal } : {});
  }
}
