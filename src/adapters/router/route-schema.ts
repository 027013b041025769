/** The shapes of a route and its state where they cross a process boundary: admin calls, answers, the state file. */
import { z } from 'zod';
import type { DesiredRoute, RouteState } from '../../domain/route.ts';

const users = z.array(z.string().min(1));

export const routeSchema: z.ZodType<DesiredRoute> = z.strictObject({
  fence: z.int().min(0),
  release: z.string(),
  period: z.enum(['normal', 'gray', 'exception']),
  stable: z.enum(['a', 'b']),
  split: z.strictObject({
    shareBp: z.int().min(0).max(10_000),
    salt: z.string(),
    alwaysGray: users,
    alwaysStable: users,
    rest: z.enum(['stable', 'gray']),
    segments: z
      .array(z.strictObject({ name: z.string(), header: z.string(), values: z.array(z.string().min(1)) }).readonly())
      .readonly()
      .exactOptional(),
  }),
  servers: z.record(z.string(), z.enum(['a', 'b', 'out'])),
});

export const routeStateSchema: z.ZodType<RouteState> = z.strictObject({
  route: routeSchema,
  instance: z.string(),
  servers: z.record(z.string(), z.strictObject({ up: z.boolean(), openSessions: z.int().min(0) })),
});

/** What closes the sessions of servers that were drained in vain. */
export const closeOrderSchema = z.strictObject({ servers: z.array(z.string()), fence: z.int().min(0) });

export const closedSchema = z.strictObject({ closed: z.record(z.string(), z.int().min(0)) });

/** An error on its way back to the adapter. */
export const adminErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).default({}),
});
