/** Several routers: what belongs to one of them may not be named by another. */
import type { ReleaseFile } from './file.ts';
import type { Finding, Step } from './finding.ts';
import { finding } from './finding.ts';

type SeveralFile = Extract<ReleaseFile['router'], { kind: 'several' }>;

interface Leaf {
  readonly path: readonly Step[];
  readonly key: string;
  readonly value: string;
}

/** Whatever holds one router's own state or answers for it alone. */
const own = new Set(['admin', 'decider', 'probe', 'socket', 'map', 'stateFile', 'include', 'status', 'dir']);

/** Two keys of one router are its own business. */
export function severalChecks({ routers }: SeveralFile): Finding[] {
  const places = Object.entries(routers).map(([name, router]) =>
    leavesOf(router, ['router', 'routers', name]).filter(({ key }) => own.has(key)),
  );
  const shared = places.flatMap((leaves, index) =>
    leaves.flatMap(({ path, key, value }) => {
      const first = places
        .slice(0, index)
        .flat()
        .find((other) => other.key === key && other.value === value);
      return first === undefined ? [] : [finding(path, `the same ${key} as ${first.path.join('.')}`)];
    }),
  );
  return [...shared, ...oneHash(routers)];
}

/** A user who takes two routers must have the same place at both. */
function oneHash(routers: SeveralFile['routers']): Finding[] {
  const reloaded = Object.entries(routers).filter(([, router]) => router.kind === 'nginx' && router.mode === 'reload');
  if (reloaded.length === Object.keys(routers).length) return [];
  return reloaded.map(([name]) =>
    finding(
      ['router', 'routers', name, 'mode'],
      'nginx without Lua draws users by another hash than the other routers: use it for all of them, or for none',
    ),
  );
}

function leavesOf(node: unknown, path: readonly Step[]): Leaf[] {
  const at = path.at(-1);
  if (typeof node === 'string') return [{ path, key: String(at), value: node }];
  if (Array.isArray(node)) return node.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => leavesOf(value, [...path, key]));
}
