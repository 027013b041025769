/** What happens when the world moves under a holding stage: the clock stops, things are put right, the clock goes on. */
import { fittingShareBp } from '../src/domain/capacity.ts';
import { goOnClock, stopClock } from '../src/domain/clock.ts';
import { capacityOf } from '../src/domain/desired.ts';
import { percentOf } from '../src/domain/percent.ts';
import { announce } from './announce.ts';
import { Interruption } from './interruption.ts';
import { forward } from './proxies.ts';
import type { Run } from './run.ts';
import { changed, moveTraffic } from './traffic.ts';

/** The router was reloaded, restarted or edited: the whole state again, confirmed. A higher fence ends the way forward. */
export async function restoreRoute(run: Run, note: string): Promise<void> {
  stop(run);
  run.note(`${note}; setting and confirming the whole route again`);
  await moveTraffic(run, `restore the route: ${note}`, [{ change: {}, confirm: true }]);
  goOn(run);
}

/** Gray servers died or came back. The share falls to what fits; it returns only over servers verified again. */
export async function serversChanged(run: Run, down: readonly string[]): Promise<void> {
  const returned = Object.entries(run.state.servers).flatMap(([id, server]) =>
    !server.up && server.place !== 'out' && !down.includes(id) ? [id] : [],
  );
  const servers = changed(run.state.servers, Object.keys(run.state.servers), (id) => ({ up: !down.includes(id) }));
  run.update({ servers });
  run.note(down.length > 0 ? `not up: ${down.join(', ')}` : `up again: ${returned.join(', ')}`);
  await verifyReturned(run, returned);
  await fitShare(run);
}

/** A server is never ready because it was ready before. */
async function verifyReturned(run: Run, returned: readonly string[]): Promise<void> {
  const servers = run.spec.servers.filter(({ id }) => returned.includes(id));
  if (servers.length === 0) return;
  const { target, version, deployer } = run.spec;
  const summary = `verify again: ${returned.join(', ')}`;
  const proofs = await forward.readServers.executeWithOptions({ summary }, [{ target, version, deployer, servers }]);
  for (const { server, running } of proofs) {
    const expected = run.state.servers[server]?.running;
    if (running?.digest !== expected?.digest)
      throw new Interruption(`${server} came back with ${running?.version ?? 'no version'}`);
  }
}

async function fitShare(run: Run): Promise<void> {
  const wanted = wantedShareBp(run);
  const fits = fittingShareBp(capacityOf(run.state, run.spec), run.spec.capacity.maxLoad, wanted);
  if (fits === run.state.shareBp) return;
  if (fits < wanted) stop(run);
  announce(
    run,
    'shareFits',
    `serving gray capacity changed: share ${percentOf(fits)} of ${percentOf(wanted)}`,
    'alarm',
  );
  await moveTraffic(run, `share ${percentOf(fits)}: what gray can carry`, [
    { change: { shareBp: fits }, confirm: fits > 0 },
  ]);
  if (fits === wanted) goOn(run);
}

/** The share that has passed, or that the stage holds. */
function wantedShareBp({ state, spec }: Run): number {
  return spec.ramp.stages[Math.min(state.stage, spec.ramp.stages.length - 1)]?.shareBp ?? state.shareBp;
}

function stop(run: Run): void {
  if (run.state.clock !== null) run.update({ clock: stopClock(run.state.clock, Date.now()) });
}

function goOn(run: Run): void {
  const { clock, paused } = run.state;
  if (clock !== null && paused === null) run.update({ clock: goOnClock(clock, Date.now()) });
}
