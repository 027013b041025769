/** Talks to the admin side of the embedded router: a Unix socket, or a loopback URL with a token. */
import { request } from 'node:http';
import type { z } from 'zod';
import { GrayError, staleFence } from '../../domain/errors.ts';
import type { EmbeddedRouterSpec } from '../../domain/spec.ts';
import { parsedJson } from '../parsed-json.ts';
import { adminErrorSchema } from './route-schema.ts';

export interface AdminCall {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly content?: unknown;
}

export type AdminClient = <T>(call: AdminCall, answer: z.ZodType<T>) => Promise<T>;

/** A write of long lists fits in; a frozen router does not hold an abort up for longer. */
const timeoutMs = 3_000;

export const adminClient =
  (spec: Pick<EmbeddedRouterSpec, 'admin' | 'tokenEnv'>): AdminClient =>
  async (call, answer) => {
    const { status, text } = await send(spec, call).catch((cause: unknown) => {
      throw unreachable(spec, cause);
    });
    const content = parsedJson(text);
    if (status !== 200) throw refusal(status, content);
    const parsed = answer.safeParse(content);
    if (parsed.success) return parsed.data;
    throw new GrayError('routerRefused', `${spec.admin} does not answer like a router`, { cause: parsed.error });
  };

async function send(
  spec: Pick<EmbeddedRouterSpec, 'admin' | 'tokenEnv'>,
  { method, path, content }: AdminCall,
): Promise<{ readonly status: number; readonly text: string }> {
  const body = content === undefined ? '' : JSON.stringify(content);
  const headers = { 'content-length': Buffer.byteLength(body), ...authorisation(spec) };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ ...place(spec.admin), method, path, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    asked.once('error', reject).end(body);
  });
}

function place(admin: string): { socketPath: string } | { host: string; port: string } {
  if (!URL.canParse(admin)) return { socketPath: admin };
  const { hostname, port } = new URL(admin);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

function authorisation({ tokenEnv }: Pick<EmbeddedRouterSpec, 'tokenEnv'>): Record<string, string> {
  if (tokenEnv === undefined) return {};
  const token = process.env[tokenEnv];
  if (token !== undefined && token !== '') return { authorization: `Bearer ${token}` };
  throw new GrayError('routerRefused', `the environment variable ${tokenEnv}, which holds the admin token, is not set`);
}

const unreachable = ({ admin }: Pick<EmbeddedRouterSpec, 'admin'>, cause: unknown): Error => {
  if (cause instanceof GrayError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GrayError('routerUnreachable', `no answer from the router at ${admin}: ${why}`, { cause });
};

function refusal(status: number, content: unknown): GrayError {
  const { data } = adminErrorSchema.safeParse(content);
  const { asked, seen } = data?.details ?? {};
  if (data?.code === 'staleFence' && typeof asked === 'number' && typeof seen === 'number') {
    return staleFence(asked, seen, 'the router');
  }
  // A defect or a full disk on the router's side may pass; a refusal will not.
  const code = status >= 500 ? 'routerUnreachable' : 'routerRefused';
  return new GrayError(code, data?.message ?? `the router answered status ${status}`, { details: data?.details ?? {} });
}
