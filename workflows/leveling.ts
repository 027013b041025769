/** Leveling: the new version on the other servers, batch by batch, traffic following capacity; it ends with proof. */
import { batchLimits, capacityOf, grayPlace, leftToLevel, serversIn } from '../src/domain/desired.ts';
import type { LevelingBatch } from '../src/domain/leveling.ts';
import { nextLevelingBatch } from '../src/domain/leveling.ts';
import { zoneLimit } from '../src/domain/limits.ts';
import { percentOf } from '../src/domain/percent.ts';
import { allUsersBp } from '../src/domain/split.ts';
import { withServer } from '../src/domain/state.ts';
import { announce } from './announce.ts';
import { deployBuilds } from './deploying.ts';
import { passGate } from './gate.ts';
import { handoverIsDue } from './handover.ts';
import { Handover, Interruption } from './interruption.ts';
import { watchedWhile } from './observing.ts';
import { forward } from './proxies.ts';
import type { Run } from './run.ts';
import { serverRetryMs } from './timeouts.ts';
import { changed, moveTraffic, placed } from './traffic.ts';
import { notPaused, waitFor } from './wait.ts';
import { beginWarmUp, warmedUp } from './warm-up.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** The last stage's pass, an approval if asked for, and the declared point of no return, which always is a gate. */
export async function levelingCondition(run: Run): Promise<void> {
  const { leveling, data } = run.spec;
  const noReturn = data.pointOfNoReturn === 'leveling';
  await passGate(
    run,
    leveling.approval ?? (noReturn ? { deadlineMs: dayMs, otherwise: 'hold' } : undefined),
    'leveling',
    () => ({ kind: 'leveling', stage: run.state.stage }),
  );
  if (noReturn) run.update({ pastReturn: true });
}

export async function leveling(run: Run): Promise<void> {
  announce(run, 'leveling', 'leveling has begun');
  await watchedWhile(run, { summary: 'leveling', follow: true, takesUp: 'leveling' }, async () => {
    do await levelAll(run);
    while (!(await proven(run)));
    await notPaused(run);
  });
}

async function levelAll(run: Run): Promise<void> {
  for (let attempt = 1; ; ) {
    await warmedUp(run);
    await notPaused(run);
    if (handoverIsDue()) throw new Handover();
    takeOutExcluded(run);
    const batch = nextBatch(run);
    if (batch === null) break;
    const failures = await changeBatch(run, batch);
    if (failures.length === 0) {
      run.update({ batch: run.state.batch + 1 });
      await beginWarmUp(run, batch.servers);
      continue;
    }
    await afterFailure(run, failures, attempt);
    attempt += 1;
  }
  const change = { ...allUsersOnGray, servers: run.state.servers };
  await moveTraffic(run, 'everyone on the new version', [{ change, confirm: true }]);
}

const allUsersOnGray = { shareBp: allUsersBp, rest: 'gray', period: 'gray', listsApply: true } as const;

/** Null when no server is left. */
function nextBatch({ state, spec }: Run): LevelingBatch | null {
  const left = leftToLevel(state, spec);
  if (left.length === 0) return null;
  const limits = { ...batchLimits(state, spec), ...zoneLimit(spec) };
  const batch = nextLevelingBatch(left, spec.leveling.batch, capacityOf(state, spec), state, limits);
  if (batch !== null) return batch;
  throw new Interruption(
    limits.mayLeave === 0
      ? `no server can leave: fewer than ${spec.capacity.minServing} would serve`
      : `no server can leave: a pool would carry more than ${limits.maxLoad} of its normal load`,
  );
}

/** Share up and confirmed, then the batch leaves and drains, changes, is verified, and joins the gray pool with the next move. */
async function changeBatch(run: Run, { servers: ids, shareBp, rest }: LevelingBatch): Promise<string[]> {
  const raised = {
    shareBp,
    rest,
    period: 'gray',
    listsApply: true,
    leveled: true,
    servers: run.state.servers,
  } as const;
  const out = changed(run.state.servers, ids, () => ({ place: 'out', build: 'unknown' }));
  await moveTraffic(run, `share ${percentOf(shareBp)}, then ${ids.join(', ')} leave`, [
    { change: raised, confirm: true },
    { change: { servers: out }, drain: ids },
  ]);
  const failures = await deployBuilds(run, `batch ${run.state.batch + 1}`, ids, 'new');
  for (const server of run.spec.servers) {
    const { build } = run.state.servers[server.id] ?? {};
    if (ids.includes(server.id) && build === 'new')
      run.update(withServer(run.state, server.id, { place: grayPlace(run.state, server) }));
  }
  return failures;
}

/** The broken servers stay out, the verified copies go on serving. */
async function afterFailure(run: Run, failures: readonly string[], attempt: number): Promise<void> {
  if (run.spec.leveling.onServerFailure === 'exception') throw new Interruption(failures.join('; '));
  const withinMs = Math.min(serverRetryMs.longest, serverRetryMs.first * 2 ** (attempt - 1));
  const excluded = Object.values(run.state.servers).filter((server) => server.excluded !== null).length;
  const until = () => Object.values(run.state.servers).filter((server) => server.excluded !== null).length > excluded;
  await waitFor(run, {
    what: failures.join('; '),
    withinMs,
    otherwise: 'another attempt; `exclude` goes on without the server',
    until,
  });
}

function takeOutExcluded(run: Run): void {
  const ids = Object.entries(run.state.servers).flatMap(([id, { excluded }]) => (excluded === null ? [] : [id]));
  run.update({ servers: placed(run.state.servers, ids, 'out') });
}

/** Every server itself reports the artifact's digest; one that does not is leveled again. */
async function proven(run: Run): Promise<boolean> {
  const { target, version, deployer, artifact } = run.spec;
  const servers = run.spec.servers.filter(({ id }) => run.state.servers[id]?.excluded === null);
  const proofs = await forward.readServers.executeWithOptions({ summary: 'proof: every server reports the digest' }, [
    { target, version, deployer, servers },
  ]);
  const wrong = proofs.filter(({ running }) => running?.digest !== artifact.digest);
  for (const { server, running, reason } of wrong) {
    const problem = `runs ${running?.version ?? `nothing (${reason ?? 'no answer'})`} instead of ${artifact.version}`;
    run.update(withServer(run.state, server, { build: 'unknown', running, up: false, problem }));
    run.note(`${server} ${problem}`);
  }
  if (wrong.length === 0 && serversIn(run.state, run.spec, 'gray').length === 0)
    throw new Interruption('no server is left on the new version');
  return wrong.length === 0;
}
