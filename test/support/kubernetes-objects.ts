/** The shape of the objects, the limits that the definition of HTTPRoute sets, and its rule of precedence. */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

export interface KubeObject {
  readonly kind: string;
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: unknown;
  status?: { conditions?: { type: string; status: string }[]; parents?: unknown[] };
}

export interface HttpRouteObject extends KubeObject {
  spec: { parentRefs: unknown[]; hostnames: string[]; rules: unknown[] };
}

const name = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/);
const value = z.string().min(1).max(4096);
const headers = z.array(z.strictObject({ name, value })).max(16);
const modifier = z.strictObject({
  set: headers.optional(),
  add: headers.optional(),
  remove: z.array(name).max(16).optional(),
});

const match = z.strictObject({
  path: z.strictObject({
    type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']),
    value: z.string().max(1024).startsWith('/'),
  }),
  headers: z
    .array(z.strictObject({ name, value, type: z.enum(['Exact', 'RegularExpression']) }))
    .max(16)
    .optional(),
});

const rule = z.strictObject({
  matches: z.array(match).max(64),
  filters: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('RequestHeaderModifier'), requestHeaderModifier: modifier }),
        z.strictObject({ type: z.literal('ResponseHeaderModifier'), responseHeaderModifier: modifier }),
      ]),
    )
    .max(16)
    .refine((filters) => new Set(filters.map(({ type }) => type)).size === filters.length, 'a filter is repeated'),
  backendRefs: z
    .array(
      z.strictObject({
        group: z.string(),
        kind: z.string(),
        name: z.string().min(1).max(253),
        port: z.int().min(1).max(65_535),
        weight: z.int().min(0).max(1_000_000),
      }),
    )
    .max(16),
});

const spec = z.strictObject({
  parentRefs: z.array(z.unknown()).max(32),
  hostnames: z.array(z.string()).max(16),
  rules: z
    .array(rule)
    .min(1)
    .max(16)
    .refine((rules) => rules.reduce((sum, { matches }) => sum + matches.length, 0) <= 128, 'more than 128 matches'),
});

export type Rule = z.output<typeof rule>;

const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;

/** What an API server would refuse `object` for. */
export function problemsOf(object: KubeObject): string[] {
  const { labels = {}, annotations = {} } = object.metadata;
  const size = Object.entries(annotations).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
  const parsed = object.kind === 'HTTPRoute' ? spec.safeParse(object.spec) : { error: undefined };
  return [
    ...Object.values(labels).flatMap((label) => (labelValue.test(label) ? [] : [`label ${label}`])),
    ...(size > 256 * 1024 ? ['metadata.annotations: Too long: must have at most 262144 bytes'] : []),
    ...(parsed.error?.issues.map(({ path, message }) => `spec.${path.join('.')}: ${message}`) ?? []),
  ];
}

/** Among rules that match, the one with the most header matches; then the first of the list. Paths are all alike here. */
export function ruleFor(rules: readonly unknown[], asked: IncomingHttpHeaders): Rule | undefined {
  const found = rules.flatMap((candidate) => {
    const one: Rule = rule.parse(candidate);
    const counts = one.matches.filter((each) => matches(each, asked)).map((each) => each.headers?.length ?? 0);
    return counts.length === 0 ? [] : [{ one, count: Math.max(...counts) }];
  });
  const most = Math.max(...found.map(({ count }) => count));
  return found.find(({ count }) => count === most)?.one;
}

const matches = ({ headers: wanted = [] }: z.output<typeof match>, asked: IncomingHttpHeaders): boolean =>
  wanted.every(({ name: header, type, value: pattern }) => {
    const told = asked[header.toLowerCase()];
    if (typeof told !== 'string') return false;
    const text = Buffer.from(told, 'latin1').toString('utf8');
    return type === 'Exact' ? text === pattern : new RegExp(pattern).test(text);
  });
