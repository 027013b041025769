/** From preflight to the period switch: until then only test users reach gray. */
import type { PreflightReport } from '../activities/orders.ts';
import { grayPlace, normalPlace } from '../src/domain/desired.ts';
import type { ServerSpec } from '../src/domain/server.ts';
import { withServer } from '../src/domain/state.ts';
import { announce } from './announce.ts';
import { deployBuilds } from './deploying.ts';
import { Interruption } from './interruption.ts';
import { forward, runHook } from './proxies.ts';
import { isRehearsal } from './rehearsal.ts';
import type { Run } from './run.ts';
import { changed, moveTraffic, normalTraffic, takenOut } from './traffic.ts';

/** Reads the world; refuses with every reason at once, and touches nothing. */
export async function preflight(run: Run): Promise<void> {
  const { request } = run;
  run.publish();
  const report = await forward.preflight.executeWithOptions({ summary: 'read every server and the router' }, [
    { request },
  ]);
  if (report.problems.length > 0) throw new Interruption(problemText(report), 'refused');
  const servers = Object.fromEntries(
    Object.entries(report.servers).map(([id, { running, base, place, up }]) => {
      const build = running?.digest === base.digest ? ('base' as const) : ('unknown' as const);
      return [id, { place, build, running, base, up, openSessions: 0, excluded: null, problem: null }];
    }),
  );
  const { fence, stable: stablePool, instance, period, shareBp, rest } = report;
  const salt = request.mode === 'rollback' && report.salt ? report.salt : null;
  run.update({ fence, stablePool, instance, period, shareBp, rest, salt, servers });
}

const problemText = ({ problems }: PreflightReport): string =>
  problems.map(({ path, message }) => `${path}: ${message}`).join('; ');

/** The new version on the gray servers, the base version on the others. */
export async function deployment(run: Run): Promise<void> {
  announce(
    run,
    'started',
    `${isRehearsal(run) ? 'rehearsal' : 'release'} of ${run.spec.artifact.version} by ${run.request.by}`,
  );
  if (isRehearsal(run)) return leaveRotation(run);
  await hook(run, 'beforeDeployment');
  for (const stray of strays(run)) await bringToBase(run, stray);
  const ids = grayIds(run);
  const servers = changed(run.state.servers, ids, () => ({ place: 'out', build: 'unknown' }));
  await moveTraffic(run, 'gray servers leave rotation', [{ change: { ...normalTraffic, servers }, drain: ids }]);
  const failures = await deployBuilds(run, 'new version on the gray servers', ids, 'new');
  if (failures.length > 0) throw new Interruption(failures.join('; '), 'stopped');
}

/** A rehearsal changes no build: what runs on the gray servers was read by the preflight. */
async function leaveRotation(run: Run): Promise<void> {
  const servers = changed(run.state.servers, grayIds(run), () => ({ place: 'out' }));
  const change = { ...normalTraffic, servers };
  await moveTraffic(run, 'gray servers leave rotation', [{ change, drain: grayIds(run) }]);
}

export async function deploymentVerification(run: Run): Promise<void> {
  const problems = await checkGray(run);
  if (problems.length > 0) throw new Interruption(problems.join('; '), 'stopped');
}

/** Test users reach the gray servers the way users will. */
export async function grayVerification(run: Run): Promise<void> {
  const { spec } = run;
  const change = { ...normalTraffic, testing: true, servers: grayIn(run) };
  await moveTraffic(run, 'test users reach gray', [{ change, confirm: true }]);
  const { target, servers, router, version, artifact: expected } = spec;
  const order = { target, servers, router, version, expected, checks: spec.verify.gray };
  const { ok, problems } = await forward.checkEntrance.executeWithOptions({ summary: 'gray verification' }, [order]);
  if (!ok) throw new Interruption(problems.join('; '));
}

/** One atomic change: from here on the release's lists apply, and stage 1 may set the first share. */
export async function periodSwitch(run: Run): Promise<void> {
  const change = { period: 'gray', testing: false, listsApply: true, shareBp: 0 } as const;
  await moveTraffic(run, 'switch into the gray period', [{ change, confirm: true }]);
  announce(run, 'grayPeriod', 'the gray period has begun');
}

/** After a hold of the exception period: what runs the new version is verified again before anyone returns to it. */
export async function verifyAgain(run: Run): Promise<void> {
  const servers = run.spec.servers.filter(({ id, gray: isGray }) => {
    const { build, excluded } = run.state.servers[id] ?? {};
    return excluded === null && (isGray || build === 'new');
  });
  const problems = [...(await notOnNew(run, servers)), ...(await checkGray(run, servers))];
  if (problems.length > 0) throw new Interruption(problems.join('; '));
  run.update({ reverify: false, servers: grayIn(run) });
}

/** One sentence per server whose process reports another build, or none; it leaves its pool with the next move. */
async function notOnNew(run: Run, servers: readonly ServerSpec[]): Promise<string[]> {
  const { target, version, deployer, artifact } = run.spec;
  run.publish();
  const proofs = await forward.readServers.executeWithOptions({ summary: 'what the gray servers run' }, [
    { target, version, deployer, servers },
  ]);
  return proofs.flatMap((proof) => {
    if (proof.running?.digest !== artifact.digest) return [takenOut(run, proof)];
    run.update(withServer(run.state, proof.server, { build: 'new', running: proof.running, up: true, problem: null }));
    return [];
  });
}

async function checkGray(run: Run, servers = gray(run)): Promise<readonly string[]> {
  const { target, version, deployer, artifact: expected, verify } = run.spec;
  run.publish();
  const order = { target, version, deployer, expected, checks: verify.deployment, servers };
  const { problems } = await forward.checkServers.executeWithOptions({ summary: 'checks at each gray server' }, [
    order,
  ]);
  return problems;
}

const gray = ({ spec }: Run): ServerSpec[] => spec.servers.filter((server) => server.gray);

const grayIds = (run: Run): string[] => gray(run).map(({ id }) => id);

/** Stable servers found on another version. */
const strays = ({ spec, state }: Run): ServerSpec[] =>
  spec.servers.filter((server) => !server.gray && state.servers[server.id]?.build === 'unknown');

async function bringToBase(run: Run, { id, ...server }: ServerSpec): Promise<void> {
  run.note(`${id} runs ${run.state.servers[id]?.running?.version}; bringing it to base`);
  await moveTraffic(run, `${id} leaves rotation`, [
    { change: { servers: changed(run.state.servers, [id], () => ({ place: 'out' })) }, drain: [id] },
  ]);
  const failures = await deployBuilds(run, `base version on ${id}`, [id], 'base');
  if (failures.length > 0) throw new Interruption(failures.join('; '), 'stopped');
  const servers = changed(run.state.servers, [id], () => ({ place: normalPlace(run.state, { id, ...server }) }));
  await moveTraffic(run, `${id} returns`, [{ change: { servers } }]);
}

function grayIn(run: Run) {
  return changed(
    run.state.servers,
    gray(run).map(({ id }) => id),
    (id) => ({
      place: gray(run).flatMap((server) => (server.id === id ? [grayPlace(run.state, server)] : []))[0] ?? 'out',
    }),
  );
}

export async function hook(run: Run, name: 'beforeDeployment' | 'beforeRollback' | 'afterWatch'): Promise<void> {
  const { target, version, deployer, artifact, hooks } = run.spec;
  const wanted = hooks[name];
  if (wanted === undefined || isRehearsal(run)) return;
  await runHook.executeWithOptions({ summary: `hook ${name}` }, [
    { target, version, deployer, artifact, hook: wanted },
  ]);
}
