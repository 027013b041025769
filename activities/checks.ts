/** Deployment verification at each gray server, gray verification through the router, and hooks. */
import { cancellationSignal } from '@temporalio/activity';
import type { CheckPlace, CheckRunner } from '../src/adapters/checks/port.ts';
import { GrayError } from '../src/domain/errors.ts';
import { routersIn } from '../src/domain/routers.ts';
import type { Check, SingleRouterSpec } from '../src/domain/spec.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import type { CheckEntranceOrder, CheckServersOrder, ChecksDone, HookOrder } from './orders.ts';

export async function runChecks(check: CheckRunner, checks: readonly Check[], place: CheckPlace): Promise<ChecksDone> {
  const problems: string[] = [];
  for (const one of checks) {
    const { ok, name, failures, runs, problem } = await check(one, place, cancellationSignal());
    if (!ok) problems.push(`${name}: ${problem ?? 'failed'} (${failures} of ${runs})`);
  }
  return { ok: problems.length === 0, problems };
}

export const checkServers =
  (adapters: Adapters) =>
  (order: CheckServersOrder): Promise<ChecksDone> =>
    beating(undefined, async () => {
      const { target, version, expected } = order;
      const results = await Promise.all(
        order.servers.map(async (server) => {
          const { problems } = await runChecks(adapters.check, order.checks, {
            at: 'server',
            server,
            target,
            version,
            expected,
          });
          return problems.map((problem) => `${server.id}: ${problem}`);
        }),
      );
      return { ok: results.flat().length === 0, problems: results.flat() };
    });

/** Through every router, the way its users will come. */
export const checkEntrance =
  (adapters: Adapters) =>
  (order: CheckEntranceOrder): Promise<ChecksDone> =>
    beating(undefined, async () => {
      const { target, version, expected } = order;
      const results: ChecksDone[] = [];
      for (const { name, router } of routersIn(order.router)) {
        const { identity } = router;
        const place = { at: 'router', entrance: entranceOf(router), identity, target, version, expected } as const;
        const { problems } = await runChecks(adapters.check, order.checks, place);
        results.push({ ok: problems.length === 0, problems: problems.map((problem) => at(name, problem)) });
      }
      return { ok: results.every(({ ok }) => ok), problems: results.flatMap(({ problems }) => problems) };
    });

const at = (name: string, problem: string): string => (name === '' ? problem : `${name}: ${problem}`);

const entranceOf = (router: SingleRouterSpec): string => (router.kind === 'memory' ? 'memory:' : router.entrance);

/** An idempotent command of the user's. */
export const runHook =
  (adapters: Adapters) =>
  (order: HookOrder): Promise<void> =>
    beating(undefined, async () => {
      const { target, version, artifact: expected, hook } = order;
      const place = { at: 'router', entrance: '', identity: {}, target, version, expected } as const;
      const { ok, problem } = await adapters.check(hook, place, cancellationSignal());
      if (!ok) throw new GrayError('hookFailed', `hook ${hook.name}: ${problem ?? 'failed'}`);
    });
