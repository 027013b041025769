/** Calls to the API of Docker or Podman over its Unix socket: one connection each, every surprise an error with a code. */
import { type IncomingMessage, request } from 'node:http';
import type { z } from 'zod';
import { z as schema } from 'zod';
import { GrayError } from '../../../domain/errors.ts';

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the version of the API. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Of an answer that comes in lines: seen enough, end it. */
  readonly enough?: (line: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface EngineAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Newest version of the API that the engine speaks, where it says so. */
  readonly version?: string;
}

export interface Engine {
  readonly socket: string;
  /** Any status is an answer. Throws `serverUnreachable`, or `serverRefused` where we may not use the socket. */
  ask(call: EngineCall): Promise<EngineAnswer>;
}

/** Longest of the calls that neither stop nor pull; a start has to set up a network. */
const usualMs = 30_000;
/** An engine that lives says its version at once. */
const helloMs = 5_000;
const maxBytes = 16 * 1024 * 1024;

export function engineAt(socket: string): Engine {
  let prefix: Promise<string> | undefined;
  return {
    socket,
    ask: async ({ path, query = {}, ...call }) => {
      prefix ??= negotiate(socket).catch((cause) => {
        prefix = undefined;
        throw cause;
      });
      const asked = new URLSearchParams(query).toString();
      return send(socket, { ...call, path: `${await prefix}${path}${asked === '' ? '' : `?${asked}`}` });
    },
  };
}

/** Its own newest version: newer engines refuse old ones, and what is used here is in all of them. */
async function negotiate(socket: string): Promise<string> {
  const answer = await send(socket, { method: 'GET', path: '/_ping', timeoutMs: helloMs });
  if (answer.status === 200 && answer.version !== undefined) return `/v${answer.version}`;
  throw new GrayError('serverRefused', `${socket} is not the socket of Docker or Podman: ${saidBy(answer)}`);
}

async function send(socket: string, call: Omit<EngineCall, 'query'>): Promise<EngineAnswer> {
  const { timeoutMs = usualMs, signal } = call;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(socket, call, signal === undefined ? deadline : AbortSignal.any([deadline, signal]));
  } catch (cause) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new EngineLate(`${call.path} was not answered within ${timeoutMs} ms`, socket, cause);
    throw noWay(socket, cause);
  }
}

/** It works on it still, or not at all. */
export class EngineLate extends GrayError {
  constructor(message: string, socket: string, cause: unknown) {
    super('serverUnreachable', `${socket}: ${message}`, { cause });
  }
}

function exchange(
  socketPath: string,
  { method, path, body, headers, enough = () => false }: Omit<EngineCall, 'query'>,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const sent = {
    ...headers,
    ...(content !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
  };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers: { host: 'engine', ...sent }, agent: false, signal });
    asked.once('response', (response) => read(response, enough).then(resolve, reject));
    asked.once('error', reject).end(content);
  });
}

async function read(response: IncomingMessage, enough: (line: string) => boolean): Promise<EngineAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
    if (chunk.toString('utf8').split('\n').some(enough)) break;
  }
  const version = response.headers['api-version'];
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks),
    ...(typeof version === 'string' && /^1\.\d+$/.test(version) && { version }),
  };
}

function noWay(socket: string, cause: unknown): GrayError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const message = cause instanceof Error ? cause.message : String(cause);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new GrayError(
        'serverRefused',
        `this user may not use ${socket}: add it to the socket's group (often docker), or name a socket of its own engine`,
        { cause },
      );
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new GrayError(
        'serverUnreachable',
        `no container engine answers at ${socket}: start it (such as systemctl start docker.socket, or podman.socket), or name its socket in deployer.socket`,
        { cause },
      );
    default:
      return new GrayError('serverUnreachable', `the container engine at ${socket} did not answer: ${message}`, {
        cause,
      });
  }
}

/** The content as `answer` describes it; another status than 200 and 201 throws `serverRefused`. */
export function contentOf<T>(engine: Engine, { status, body }: EngineAnswer, answer: z.ZodType<T>): T {
  if (status !== 200 && status !== 201) throw refusal(engine, { status, body });
  const parsed = answer.safeParse(jsonIn({ status, body }));
  if (parsed.success) return parsed.data;
  throw new GrayError('serverRefused', `${engine.socket} answered in another shape than Docker or Podman`, {
    cause: parsed.error,
  });
}

/** The engine would not do it. Its own faults may pass; what it was asked wrongly does not. */
export const refusal = (engine: Engine, answer: EngineAnswer): GrayError =>
  new GrayError(answer.status >= 500 ? 'serverUnreachable' : 'serverRefused', `${engine.socket}: ${saidBy(answer)}`, {
    details: { status: answer.status },
  });

const messageSchema = schema.object({ message: schema.string() });

/** The engine's own words. */
export function saidBy(answer: EngineAnswer): string {
  const parsed = messageSchema.safeParse(jsonIn(answer));
  if (parsed.success && parsed.data.message !== '') return parsed.data.message.slice(0, 1_000);
  return `status ${answer.status}`;
}

export function jsonIn({ body }: EngineAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
