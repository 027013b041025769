/** Calls to a Kubernetes API server: JSON over HTTP, one connection each, every surprise an error with a code. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { z } from 'zod';
import { GrayError } from '../../domain/errors.ts';
import { parsedJson } from '../parsed-json.ts';
import type { KubeAccess } from './access.ts';

export interface KubeCall {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE';
  /** From the root, with its query. */
  readonly path: string;
  /** A JSON merge patch. With `metadata.resourceVersion` in it the server writes only over that very version. */
  readonly patch?: unknown;
  /** Lists such as containers are merged by name; the built-in kinds know how. */
  readonly strategic?: boolean;
  /** What a POST creates. */
  readonly object?: unknown;
}

export type KubeClient = <T>(call: KubeCall, answer: z.ZodType<T>) => Promise<T>;

/** The object was changed since it was read: read it again. */
export class Conflict extends Error {}

const timeoutMs = 3_000;

/** Throws `Conflict`, `routerRefused` (also for wrong credentials, missing objects, refused content) or `routerUnreachable`. */
export const kubeClient =
  (access: () => Promise<KubeAccess>): KubeClient =>
  async (call, answer) => {
    const reached = await access();
    const { status, text } = await send(reached, call).catch((cause: unknown) => {
      if (cause instanceof GrayError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GrayError('routerUnreachable', `no answer from the API server ${reached.server}: ${why}`, { cause });
    });
    if (status === 409) throw new Conflict(call.path);
    const content = parsedJson(text);
    if (status !== 200 && status !== 201 && status !== 202) throw refusal(call, status, content);
    const parsed = answer.safeParse(content);
    if (parsed.success) return parsed.data;
    throw new GrayError('routerRefused', `${call.path} is not what it should be`, { cause: parsed.error });
  };

async function send(access: KubeAccess, { method, path, patch, object, strategic = false }: KubeCall) {
  const token = await access.token();
  const content = patch ?? object;
  const body = content === undefined ? undefined : JSON.stringify(content);
  const patchType = strategic ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json';
  const url = new URL(`${access.server}${path}`);
  const options = {
    method,
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      accept: 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': patch === undefined ? 'application/json' : patchType,
        'content-length': Buffer.byteLength(body),
      }),
    },
  };
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const asked =
      url.protocol === 'https:' ? httpsRequest(url, { ...options, ...access.tls }) : httpRequest(url, options);
    asked.once('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    asked.once('error', reject).end(body);
  });
}

/** The server's own words: it answers with a `Status` object. */
function refusal({ method, path }: KubeCall, status: number, content: unknown): GrayError {
  const said = typeof content === 'object' && content !== null && 'message' in content ? content.message : '';
  const why = typeof said === 'string' && said !== '' ? said : `status ${status}`;
  const code = status === 429 || status >= 500 ? 'routerUnreachable' : 'routerRefused';
  return new GrayError(code, `${method} ${path}: ${why}`, { details: { status } });
}
