/** What happens when the world moves under a holding stage: the clock stops, things are put right, the clock goes on. */
import { patched } from '@temporalio/workflow';
import { pausable } from '../src/domain/actions.ts';
import { fittingShareBp, poolLoads } from '../src/domain/capacity.ts';
import { goOnClock, stopClock } from '../src/domain/clock.ts';
import { capacityOf } from '../src/domain/desired.ts';
import { changedByHand } from '../src/domain/drift.ts';
import { rounding } from '../src/domain/leveling.ts';
import { percentOf } from '../src/domain/percent.ts';
import { segmentsBpUpTo } from '../src/domain/segments.ts';
import { otherPool } from '../src/domain/server.ts';
import { announce } from './announce.ts';
import { Interruption } from './interruption.ts';
import { forward } from './proxies.ts';
import type { Run } from './run.ts';
import { changed, moveTraffic, takenOut } from './traffic.ts';

/** The router was reloaded, restarted or edited: the whole state again, confirmed. A higher fence ends the way forward. */
export async function restoreRoute(run: Run, note: string): Promise<void> {
  if (note === changedByHand && run.spec.exception.onDrift === 'hold' && pausable(run.state)) return leaveDrift(run);
  stop(run);
  run.note(`${note}; setting and confirming the whole route again`);
  await moveTraffic(run, `restore the route: ${note}`, [{ change: {}, confirm: true }]);
  await fitShare(run);
}

/** Whoever changed it may know why: the watching goes on, a fail acts, and nothing is written until an operator speaks. */
function leaveDrift(run: Run): void {
  const reason = `${changedByHand}; resume sets the route of the release again, abort takes users off gray`;
  const atMs = Date.now();
  const { clock, paused } = run.state;
  const decree = paused ?? { by: 'gray-release', reason, atMs };
  run.update({ drifted: true, paused: decree, clock: clock && stopClock(clock, atMs) });
  run.note(`paused: ${reason}`);
  announce(run, 'paused', reason);
}

export const driftIsOver = ({ state }: Run): boolean => state.drifted === true && state.paused === null;

/** After the pause of a drift the route is the release's again. */
export async function endDrift(run: Run): Promise<void> {
  run.update({ drifted: false });
  await restoreRoute(run, 'a change by hand was left');
}

/** Gray servers died or came back. The share falls to what fits; it returns only over servers verified again. */
export async function serversChanged(run: Run, down: readonly string[]): Promise<void> {
  const returned = Object.entries(run.state.servers).flatMap(([id, server]) =>
    !server.up && server.place !== 'out' && !down.includes(id) ? [id] : [],
  );
  const falls = fallsOf(run, down);
  const servers = changed(run.state.servers, Object.keys(run.state.servers), (id) => ({
    ...{ up: !down.includes(id), ...falls[id] },
  }));
  run.update({ servers });
  run.note(down.length > 0 ? `not up: ${down.join(', ')}` : `up again: ${returned.join(', ')}`);
  endCrashLoop(run);
  await verifyReturned(run, returned);
  await fitShare(run);
}

/** What the servers of the gray arm that have just gone down have gone through by now. */
function fallsOf({ state }: Run, down: readonly string[]): Readonly<Record<string, { readonly falls: number }>> {
  const gray = otherPool(state.stablePool);
  const fell = down.flatMap((id) => {
    const server = state.servers[id];
    return server?.up === true && server.place === gray ? [[id, { falls: (server.falls ?? 0) + 1 }] as const] : [];
  });
  return Object.fromEntries(fell);
}

/** A rule of the ramp that asks no evidence: who comes back only to fall again is not well. */
function endCrashLoop({ state, spec }: Run): void {
  if (state.leveled) return;
  const limit = spec.exception.crashLoop ?? 3;
  const looping = Object.entries(state.servers).filter(([, { up, falls = 0 }]) => !up && falls >= limit);
  // Releases begun before there was this rule go on without it.
  if (looping.length === 0 || !patched('crash-loop')) return;
  throw new Interruption(
    `crash loop: ${looping.map(([id, { falls }]) => `${id} went down ${falls} times`).join(', ')}`,
  );
}

/** A server is never ready because it was ready before. */
async function verifyReturned(run: Run, returned: readonly string[]): Promise<void> {
  const servers = run.spec.servers.filter(({ id }) => returned.includes(id));
  if (servers.length === 0) return;
  const { target, version, deployer } = run.spec;
  const summary = `verify again: ${returned.join(', ')}`;
  const proofs = await forward.readServers.executeWithOptions({ summary }, [{ target, version, deployer, servers }]);
  const others = proofs.filter(({ server, running }) => running?.digest !== run.state.servers[server]?.running?.digest);
  const problems = others.map((proof) => takenOut(run, proof));
  if (problems.length > 0) throw new Interruption(`came back, but ${problems.join('; ')}`);
}

/** Sets the share to what gray can carry of the stage's share; the clock goes on only where that is all of it. */
export async function fitShare(run: Run): Promise<void> {
  // From leveling on base could not take back what gray does not carry.
  if (run.state.leveled) return;
  const wanted = wantedShareBp(run);
  for (let fits = fittingNow(run); ; fits = fittingNow(run)) {
    if (fits < wanted) stop(run);
    run.update({ shortSinceMs: fits < wanted ? (run.state.shortSinceMs ?? Date.now()) : null });
    if (fits === run.state.shareBp) return goOn(run);
    const text = `serving gray capacity changed: share ${percentOf(fits)} of ${percentOf(wanted)}`;
    announce(run, 'shareFits', text, 'alarm');
    await moveTraffic(run, `share ${percentOf(fits)}: what gray can carry`, [
      { change: { shareBp: fits }, confirm: fits > 0 },
    ]);
  }
}

/** What gray can carry now of the share that the stage asks for: all of it wherever the plan says so. */
export function fittingNow(run: Run, stage = run.state.stage): number {
  const { maxLoad } = run.spec.capacity;
  const capacity = capacityOf(run.state, run.spec);
  const wanted = wantedShareBp(run, stage);
  const { rest } = run.state;
  const segmentsBp = segmentsBpUpTo(run.spec, stage + 1);
  const { gray } = poolLoads(capacity, { shareBp: wanted, rest }, run.spec.audience.restBp, segmentsBp);
  return gray <= maxLoad + rounding ? wanted : fittingShareBp(capacity, maxLoad, wanted, segmentsBp);
}

/** The share that has passed, or that the stage holds. */
function wantedShareBp({ state, spec }: Run, stage = state.stage): number {
  return spec.ramp.stages[Math.min(stage, spec.ramp.stages.length - 1)]?.shareBp ?? state.shareBp;
}

function stop(run: Run): void {
  if (run.state.clock !== null) run.update({ clock: stopClock(run.state.clock, Date.now()) });
}

function goOn(run: Run): void {
  const { clock, paused, shortSinceMs } = run.state;
  if (clock !== null && paused === null && shortSinceMs === null) run.update({ clock: goOnClock(clock, Date.now()) });
}
