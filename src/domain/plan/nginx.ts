/** What a plan says of nginx: how it changes, and what that costs. */
import type { PlanStep } from '../plan.ts';
import { routersIn } from '../routers.ts';
import type { NginxRouterSpec, ReleaseSpec } from '../spec.ts';

/** Nothing to choose, but worth knowing before a release. */
export const nginxChanges = ({ mode }: NginxRouterSpec): string =>
  mode === 'reload' ? 'by reloads, without Lua' : 'in Lua, without a reload';

/** Each write is one reload. */
export function reloadWarnings(spec: ReleaseSpec, steps: readonly PlanStep[]): string[] {
  const names = routersIn(spec.router).flatMap(({ name, router }) =>
    router.kind === 'nginx' && router.mode === 'reload' ? [name] : [],
  );
  if (names.length === 0) return [];
  const named = names.filter((name) => name !== '').join(', ');
  return [
    `nginx${named && ` (${named})`} is reloaded ${writesOf(spec, steps)} times in this release, without faults; each reload cuts kept connections that are idle: 2 to 3 requests lost where about 2,000 a second came over 40 of them`,
  ];
}

/**
 * Changes of traffic in a release that nothing disturbs: gray servers leave, test users, period switch, each stage, share and
 * leaving of each batch, everyone, the flip of the pools, and spare servers leaving.
 */
export function writesOf({ servers }: ReleaseSpec, steps: readonly PlanStep[]): number {
  const count = (phase: PlanStep['phase']) => steps.filter((step) => step.phase === phase).length;
  const spares = servers.some(({ spare }) => spare) ? 1 : 0;
  return 3 + count('ramp') + 2 * count('leveling') + 2 + spares;
}
