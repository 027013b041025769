/** The configuration of a router process: a YAML or JSON file, every problem reported at once. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidInput } from '../domain/errors.ts';

const listenSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes a free port; the ready line and `RunningRouter` tell which. */
  port: z.int().min(0).max(65_535),
});

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;
export const loopbackSchema = listenSchema.refine(({ host }) => loopback.test(host), {
  error: 'expected a loopback address',
});

export const adminSchema = z.union(
  [
    z.strictObject({ socket: z.string().min(1) }),
    z.strictObject({
      host: z.string().regex(loopback, 'expected a loopback address').default('127.0.0.1'),
      port: z.int().min(0).max(65_535),
      tokenEnv: z.string().min(1),
    }),
  ],
  { error: 'expected { socket } or { host, port, tokenEnv } on loopback' },
);

const identitySchema = z
  .strictObject({
    header: z.string().min(1).toLowerCase().optional(),
    cookie: z.string().min(1).optional(),
    /** False where clients can set headers themselves: then only the cookie counts at the public entrance, and no segment. */
    trustHeader: z.boolean().default(true),
  })
  .refine(({ header, cookie }) => (header ?? cookie) !== undefined, { error: 'expected a header, a cookie or both' });

export const serverSchema = z.strictObject({
  id: z.string().min(1),
  address: z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) }),
  weight: z.int().min(1).max(10_000).default(100),
  spare: z.boolean().default(false),
});

export const healthSchema = z.strictObject({
  /** Asked with GET, any status below 500 is healthy; without it a TCP connection is enough. */
  get: z.string().startsWith('/').optional(),
  everyMs: z.int().min(20).default(1_000),
  timeoutMs: z.int().min(20).default(500),
});

const routerSchema = z.strictObject({
  target: z.string().min(1),
  listen: listenSchema,
  probe: loopbackSchema,
  admin: adminSchema,
  /** A listener of its own for GET /metrics without a token; they are on the admin side too. */
  metrics: loopbackSchema.optional(),
  stateFile: z.string().min(1),
  identity: identitySchema,
  /** Send the `x-gray-…` headers on the public entrance too. */
  revealRoute: z.boolean().default(false),
  servers: z
    .array(serverSchema)
    .min(1)
    .refine((servers) => new Set(servers.map(({ id }) => id)).size === servers.length, {
      error: 'two servers have one id',
    }),
  health: healthSchema.prefault({}),
  connectTimeoutMs: z.int().min(10).default(2_000),
  /** From the request to the first byte of the answer. */
  answerTimeoutMs: z.int().min(10).default(60_000),
  /** How long a stopping router waits for open requests. */
  stopMs: z.int().min(0).default(10_000),
});

/** What a config file may say; defaults may be left out. */
export type RouterConfigInput = z.input<typeof routerSchema>;
export type RouterConfig = z.output<typeof routerSchema>;
export type ServerConfig = RouterConfig['servers'][number];

/** Throws `InvalidInput` with every problem. */
export function parseRouterConfig(input: unknown, name = 'router configuration'): RouterConfig {
  const result = routerSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new InvalidInput(name, problems);
}

export async function readRouterConfig(file: string): Promise<RouterConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidInput(file, [{ path: '', message: `cannot be read: ${message(cause)}` }]);
  });
  let input: unknown;
  try {
    input = parse(text);
  } catch (cause) {
    throw new InvalidInput(file, [{ path: '', message: `is neither YAML nor JSON: ${message(cause)}` }]);
  }
  return parseRouterConfig(input, file);
}

const message = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
