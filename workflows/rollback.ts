/** Every changed server back on base, in the fastest batches that capacity allows, until it is read back as done. */
import { batchLimits, capacityOf, leftToRollBack, normalPlace } from '../src/domain/desired.ts';
import { whenUsersLeave } from '../src/domain/leaving.ts';
import { type Candidate, nextRollbackBatch } from '../src/domain/leveling.ts';
import { percentOf } from '../src/domain/percent.ts';
import { otherPool } from '../src/domain/server.ts';
import { allUsersBp } from '../src/domain/split.ts';
import type { ReleaseState } from '../src/domain/state.ts';
import { announce } from './announce.ts';
import { deployBuilds } from './deploying.ts';
import { interruptionOf } from './interruption.ts';
import { hook } from './preparing.ts';
import type { Run } from './run.ts';
import { serverRetryMs } from './timeouts.ts';
import { changed, moveTraffic, normalTraffic } from './traffic.ts';
import { waitFor } from './wait.ts';

export async function rollBack(run: Run): Promise<void> {
  run.enter('rollback');
  await politely(run, () => hook(run, 'beforeRollback'));
  for (let attempt = 0; ; ) {
    const batch = nextBatch(run);
    if (batch.length === 0) break;
    const failures = await returnBatch(run, batch);
    attempt = failures.length === 0 ? 0 : attempt + 1;
    if (failures.length > 0) await whenStuck(run, failures, attempt);
    else if (nextBatch(run).length > 0) await shareFollows(run);
  }
  await backToNormal(run);
}

/**
 * Servers a rollback is stuck on come last: the others must not wait for them. But while it is stuck no pool is
 * overloaded for another try: a base that comes up nowhere must not take down the servers that serve.
 */
function nextBatch({ state, spec }: Run): readonly string[] {
  const left = leftToRollBack(state, spec).filter(({ id }) => !untouched(state, id));
  const isStuck = ({ id }: Candidate) => state.stuck.includes(id);
  const stuck = left.filter(isStuck).map(({ id }) => id);
  const fresh = left.filter((server) => !isStuck(server));
  const { batch: size } = spec.exception;
  const limits = { ...batchLimits(state, spec), ...(size !== undefined && { size }), atLeastOne: stuck.length === 0 };
  const next = nextRollbackBatch(fresh, capacityOf(state, spec), state, limits);
  return next.length > 0 ? next : stuck;
}

/** A stray that was not brought to base yet serves on the version it was found with; this release never changed it. */
const untouched = ({ servers, stablePool }: ReleaseState, id: string): boolean =>
  servers[id]?.place === stablePool && servers[id].up;

async function returnBatch(run: Run, ids: readonly string[]): Promise<string[]> {
  const out = changed(run.state.servers, ids, () => ({ place: 'out', build: 'unknown' }));
  await moveTraffic(run, `${ids.join(', ')} leave rotation`, [{ change: { servers: out }, drain: ids }]);
  const failures = await deployBuilds(run, 'back on base', ids, 'base');
  run.update({ servers: atHome(run), stuck: stuckOf(run.state, ids) });
  return failures;
}

const stuckOf = ({ servers, stuck }: ReleaseState, tried: readonly string[]): string[] => [
  ...stuck.filter((id) => !tried.includes(id)),
  ...tried.filter((id) => servers[id]?.build !== 'base'),
];

/** Servers on base stand where they belong outside a release; the others where they are, excluded ones out. */
function atHome({ state, spec }: Run): ReleaseState['servers'] {
  return changed(state.servers, Object.keys(state.servers), (id) => {
    const server = spec.servers.find((one) => one.id === id);
    const { build, excluded, place } = state.servers[id] ?? {};
    if (server === undefined || excluded !== null) return { place: 'out' };
    return { place: build === 'base' ? normalPlace(state, server) : (place ?? 'out') };
  });
}

async function shareFollows(run: Run): Promise<void> {
  const change = { ...whenUsersLeave(run.state, run.spec), servers: run.state.servers };
  await moveTraffic(run, `servers back on base serve; share ${percentOf(change.shareBp)}`, [{ change, confirm: true }]);
}

/** The way back is never given up: it is tried again, visibly, until it is done or a person excludes the server. */
async function whenStuck(run: Run, failures: readonly string[], attempt: number): Promise<void> {
  await shareFollows(run);
  announce(run, 'stuck', `rollback is stuck: ${failures.join('; ')}`, 'alarm');
  const withinMs = Math.min(serverRetryMs.longest, serverRetryMs.first * 2 ** (attempt - 1));
  const excludedBefore = countExcluded(run);
  const until = () => countExcluded(run) > excludedBefore;
  await waitFor(run, {
    what: failures.join('; '),
    withinMs,
    otherwise: 'another attempt; `exclude` goes on without the server',
    until,
  });
}

const countExcluded = ({ state }: Run): number =>
  Object.values(state.servers).filter(({ excluded }) => excluded !== null).length;

async function backToNormal(run: Run): Promise<void> {
  const change = { ...normalTraffic, servers: atHome(run), stuck: [] };
  await moveTraffic(run, 'normal traffic on the base version', [{ change, confirm: true }]);
}

/**
 * Begins a rollback of a release that is no longer running. Where it had completed, the other pool is called gray again with
 * everyone on it, and nobody changes version by that; where it was lost half-way, its pools stay as they are.
 */
export async function takeOver(run: Run): Promise<void> {
  run.enter('exception');
  const { stablePool, servers } = run.state;
  const { digest } = run.spec.artifact;
  const completed = Object.values(servers).some(
    ({ place, running }) => place === stablePool && running?.digest === digest,
  );
  const flip = { stablePool: otherPool(stablePool), shareBp: allUsersBp, rest: 'gray' } as const;
  const change = { ...(completed && flip), period: 'exception', leveled: true } as const;
  await moveTraffic(run, 'the rollback takes over; nobody changes version yet', [{ change, confirm: true }]);
}

/** What should hold up neither a rollback nor a completion is tried a few times and noted. */
export async function politely(run: Run, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    run.note(interruptionOf(error).message);
    return false;
  }
}
