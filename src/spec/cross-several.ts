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
const own = new Set(['admin', 'decider', 'probe', 'socket', 'map', 'stateFile']);

/** Two keys of one router are its own business. */
export function severalChecks({ routers }: SeveralFile): Finding[] {
  const places = Object.entries(routers).map(([name, router]) =>
    leavesOf(router, ['router', 'routers', name]).filter(({ key }) => own.has(key)),
  );
  return places.flatMap((leaves, index) =>
    leaves.flatMap(({ path, key, value }) => {
      const first = places
        .slice(0, index)
        .flat()
        .find((other) => other.key === key && other.value === value);
      return first === undefined ? [] : [finding(path, `the same ${key} as ${first.path.join('.')}`)];
    }),
  );
}

function leavesOf(node: unknown, path: readonly Step[]): Leaf[] {
  const at = path.at(-1);
  if (typeof node === 'string') return [{ path, key: String(at), value: node }];
  if (Array.isArray(node)) return node.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => leavesOf(value, [...path, key]));
}
