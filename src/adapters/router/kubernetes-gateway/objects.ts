/** The objects of a target in the cluster, as far as they are read: its HTTPRoute and its pods. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import { canonical, type DesiredRoute } from '../../../domain/route.ts';
import type { Place } from '../../../domain/server.ts';
import { parsedJson } from '../../parsed-json.ts';
import { routeSchema } from '../route-schema.ts';

/** A pod is in the pool that this label names; Services a and b select by it. */
export const poolLabel = 'gray-release/pool';
/** On every pod: the fence of the last write that looked at it. */
export const fenceAnnotation = 'gray-release/fence';
/** On the HTTPRoute: who may write, as `<fence> <hash of the route>`; taken before anything is changed. */
export const claimAnnotation = 'gray-release/claim';
/** On the HTTPRoute: the route in force, as JSON. */
export const routeAnnotation = 'gray-release/route';

const texts = z.record(z.string(), z.string());

const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  observedGeneration: z.int().optional(),
});

export const httpRouteSchema = z.object({
  metadata,
  spec: z.object({ rules: z.array(z.unknown()).optional() }),
  status: z
    .object({
      parents: z
        .array(z.object({ controllerName: z.string().optional(), conditions: z.array(condition).optional() }))
        .optional(),
    })
    .optional(),
});

export const podSchema = z.object({
  metadata,
  status: z.object({ conditions: z.array(condition).nullish() }).optional(),
});

export const podListSchema = z.object({ items: z.array(podSchema) });

export type HttpRoute = z.output<typeof httpRouteSchema>;
export type Pod = z.output<typeof podSchema>;

export interface Claim {
  readonly fence: number;
  readonly content: string;
}

export const contentOf = (route: DesiredRoute): string => createHash('sha256').update(canonical(route)).digest('hex');

export function claimIn({ metadata: { annotations } }: HttpRoute): Claim | null {
  const [, fence, content] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(annotations?.[claimAnnotation] ?? '') ?? [];
  return fence === undefined || content === undefined ? null : { fence: Number(fence), content };
}

/** The route that was written last; null before the first write. Throws `routerRefused` for one that was damaged by hand. */
export function routeIn({ metadata: { name, annotations } }: HttpRoute): DesiredRoute | null {
  const text = annotations?.[routeAnnotation];
  if (text === undefined) return null;
  const parsed = routeSchema.safeParse(parsedJson(text));
  if (parsed.success) return parsed.data;
  const message = `the annotation ${routeAnnotation} of HTTPRoute ${name} is damaged; restore it or, with nobody on gray, remove it`;
  throw new GrayError('routerRefused', message, { cause: parsed.error });
}

export function placeOf(pod: Pod | undefined): Place {
  const pool = pod?.metadata.labels?.[poolLabel];
  return pool === 'a' || pool === 'b' ? pool : 'out';
}

export const fenceOf = ({ metadata: { annotations } }: Pod): number => Number(annotations?.[fenceAnnotation] ?? 0) || 0;

export const isReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** One sentence for each gateway that has not taken this very version of the route. */
export function statusProblems({ metadata: { generation = 0 }, status }: HttpRoute): string[] {
  const parents = status?.parents ?? [];
  if (parents.length === 0) return ['no gateway has taken the HTTPRoute'];
  return parents.flatMap(({ controllerName = 'a gateway', conditions = [] }) =>
    ['Accepted', 'ResolvedRefs'].flatMap((wanted) => {
      const found = conditions.find(({ type }) => type === wanted);
      if (found === undefined) return [`${controllerName} does not say whether the HTTPRoute is ${wanted}`];
      if ((found.observedGeneration ?? 0) < generation) return [`${controllerName} has not seen the newest HTTPRoute`];
      if (found.status === 'True') return [];
      return [`${controllerName}: ${wanted} is ${found.status}, ${found.reason ?? ''} ${found.message ?? ''}`.trim()];
    }),
  );
}
