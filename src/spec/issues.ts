/** Zod's issues as findings: what was expected, what was found, and a near match. */
import { z } from 'zod';
import type { Finding, Step } from './finding.ts';
import { finding, show } from './finding.ts';
import { listed, nearest } from './near.ts';

export type Checked<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** The keys a group knows, by the list of those it did not. */
type KnownKeys = WeakMap<readonly string[], readonly string[]>;

export function check<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const known: KnownKeys = new WeakMap();
  const result = schema.safeParse(value, {
    reportInput: true,
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
        known.set(issue.keys, Object.keys(issue.inst.shape));
      }
      return undefined;
    },
  });
  if (result.success) return { ok: true, data: result.data };
  return { ok: false, findings: result.error.issues.flatMap((issue) => fromIssue(issue, [], known)) };
}

type Issue = z.core.$ZodIssue;

function fromIssue(issue: Issue, above: readonly Step[], known: KnownKeys): Finding[] {
  const path = [...above, ...steps(issue.path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key, known.get(issue.keys) ?? []));
    case 'invalid_union':
      return fromUnion(issue, path, known);
    case 'invalid_key':
      return issue.issues.slice(0, 1).map((inner) => finding(path, inner.message));
    case 'invalid_value':
      return [
        finding(
          path,
          issue.message,
          typeof issue.input === 'string' ? nearest(issue.input, issue.values.map(String)) : undefined,
        ),
      ];
    default:
      return [finding(path, issue.message)];
  }
}

const steps = (path: readonly PropertyKey[]): Step[] =>
  path.map((step) => (typeof step === 'number' ? step : String(step)));

function unknownKey(path: readonly Step[], key: string, known: readonly string[]): Finding {
  return finding(path, `unknown key; known are ${listed(known)}`, nearest(key, known));
}

function fromUnion(issue: Issue & { code: 'invalid_union' }, path: readonly Step[], known: KnownKeys): Finding[] {
  if (issue.discriminator !== undefined) return [unknownKind(issue, path)];
  if (issue.message !== 'Invalid input') return [finding(path, issue.message)];
  const branches = issue.errors.map((errors) => errors.flatMap((error) => fromIssue(error, path, known)));
  // The form with the fewest problems is the one that was meant.
  return branches.reduce((best, branch) => (branch.length < best.length ? branch : best));
}

function unknownKind(issue: Issue & { code: 'invalid_union' }, path: readonly Step[]): Finding {
  const kinds = ('options' in issue ? (issue.options ?? []) : [])
    .map(String)
    .filter((kind) => kind !== 'memory' && kind !== 'undefined');
  const found = kindOf(issue.input, issue.discriminator ?? 'kind');
  if (found === undefined) return finding(path, `missing; known kinds are ${listed(kinds)}`);
  return finding(
    path,
    `unknown kind ${show(found)}; known are ${listed(kinds)}`,
    typeof found === 'string' ? nearest(found, kinds) : undefined,
  );
}

function kindOf(input: unknown, key: string): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  return Object.entries(input).find(([name]) => name === key)?.[1];
}
