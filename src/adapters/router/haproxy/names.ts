/** Names in haproxy.cfg: those made from the target's, and which ones may be put into a line of the CLI. */
import { InvalidInput } from '../../../domain/errors.ts';
import type { HaproxyRouterSpec } from '../../../domain/spec.ts';
import type { RouterContext } from '../port.ts';

/** Variable names of a target, so that several targets can share a frontend. */
export const variables =
  (target: string) =>
  (name: string): string =>
    `txn.${target.replace(/[^A-Za-z0-9]/g, '_')}_${name}`;

export const fallbackTable = (target: string): string => `${target}_fallbacks`;

/** A space, a semicolon or a backslash in a name would make another command of the line it stands in. */
export function refuseOddNames({ instances }: HaproxyRouterSpec, { servers }: RouterContext): void {
  const names = [
    ...instances.flatMap(({ map, backends }): [string, string][] => [
      ['router.instances[].map', map],
      ['router.instances[].backends.a', backends.a],
      ['router.instances[].backends.b', backends.b],
    ]),
    ...servers.flatMap(({ id, names }) =>
      [names?.a ?? id, names?.b ?? id].map((name): [string, string] => [`servers[${id}]`, name]),
    ),
  ];
  const odd = names.filter(([, name]) => !/^[^\s;\\]+$/.test(name));
  if (odd.length === 0) return;
  const message = 'expected a name without spaces, semicolons and backslashes';
  throw new InvalidInput(
    'HAProxy names',
    odd.map(([path]) => ({ path, message })),
  );
}
