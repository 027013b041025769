/** The small, strict part of JSONPath that release files use: `$`, `.name`, `['any name']`, `[0]`. */
import { InvalidInput } from '../domain/errors.ts';

export type JsonPathStep = string | number;

const step = /\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\['([^'\\]+)'\]/y;

/** The steps of a path, or null when it is not one: `$.a.b[0]` → `['a', 'b', 0]`. */
export function parseJsonPath(path: string): readonly JsonPathStep[] | null {
  if (!path.startsWith('$')) return null;
  const steps: JsonPathStep[] = [];
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) return null;
    const [, name, index, quoted] = match;
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
  }
  return steps;
}

/** The value at `path`; undefined where there is none. Throws `invalidInput` for a malformed path. */
export function jsonPath(value: unknown, path: string): unknown {
  const steps = parseJsonPath(path);
  if (steps === null) {
    throw new InvalidInput('JSON path', [{ path, message: "expected a path such as $.a.b[0] or $['a name']" }]);
  }
  return steps.reduce<unknown>(child, value);
}

function child(parent: unknown, key: JsonPathStep): unknown {
  if (typeof key === 'number') return Array.isArray(parent) ? parent[key] : undefined;
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return undefined;
  return Object.hasOwn(parent, key) ? (parent as Readonly<Record<string, unknown>>)[key] : undefined;
}
