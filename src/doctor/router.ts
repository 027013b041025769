/** The router: reachable, at rest, knows the servers, and real requests follow the route it holds. */
import type { Confirmation, Router } from '../adapters/router/port.ts';
import type { RouteState } from '../domain/route.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok, warning } from './finding.ts';

export async function examineRouter(spec: ReleaseSpec, router: Router, open: boolean | null): Promise<Finding[]> {
  const state = await router.read();
  const { route } = state;
  const confirmation = await router.confirm({
    desired: route,
    version: spec.version,
    expected: { gray: null, stable: null },
    formerly: [],
  });
  return [
    ok('router', `${router.abilities.kind} answers; fence ${route.fence}, written by ${route.release || 'nobody yet'}`),
    period(state, spec.target, open),
    ...servers(spec, state),
    follows(confirmation),
    ...granularity(spec, router),
  ];
}

function period({ route }: RouteState, target: string, open: boolean | null): Finding {
  if (route.period === 'normal') return ok('router', 'period normal');
  if (open === true) return ok('router', `period ${route.period}: a release is open`);
  const mend = `gray status ${target} tells what left it so; gray rollback ${target} brings everything back`;
  return fail('router', `period ${route.period}, and no release is open`, mend);
}

function servers(spec: ReleaseSpec, { route, servers: seen }: RouteState): Finding[] {
  const known = Object.keys(route.servers);
  const missing = spec.servers.filter(({ id }) => !known.includes(id)).map(({ id }) => id);
  const extra = known.filter((id) => !spec.servers.some((server) => server.id === id));
  const down = known.filter((id) => route.servers[id] !== 'out' && seen[id]?.up !== true);
  return [
    missing.length + extra.length === 0
      ? ok('router', `knows all ${known.length} servers`)
      : fail('router', mismatch(missing, extra), 'make the servers of the release file and of the router the same'),
    ...(down.length === 0
      ? []
      : [fail('router', `considers down: ${down.join(', ')}`, 'look at these servers and at the health check')]),
  ];
}

const mismatch = (missing: readonly string[], extra: readonly string[]): string =>
  [
    missing.length === 0 ? '' : `does not know ${missing.join(', ')}`,
    extra.length === 0 ? '' : `knows others: ${extra.join(', ')}`,
  ]
    .filter((text) => text !== '')
    .join('; ');

const follows = ({ ok: confirmed, problems, probes }: Confirmation): Finding =>
  confirmed
    ? ok('router', `${probes.length} real requests follow the route`)
    : fail(
        'router',
        `traffic does not follow the route: ${problems.join('; ')}`,
        'check the probe entrance and the rules',
      );

function granularity({ ramp }: ReleaseSpec, { abilities }: Router): Finding[] {
  const step = abilities.granularityBp;
  const odd = ramp.stages.filter(({ shareBp }) => shareBp % step !== 0).map(({ shareBp }) => `${shareBp / 100} %`);
  if (odd.length === 0) return [];
  return [warning('router', `cannot set exactly: ${odd.join(', ')}`, `use shares in steps of ${step / 100} %`)];
}
