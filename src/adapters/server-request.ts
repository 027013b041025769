/** One HTTP request straight at a server of the target: own connection, hard deadline, bounded answer. */
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Address, TlsSpec } from '../domain/server.ts';

export interface ServerRequest {
  readonly path: string;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A longer answer is an error; default 16 MiB. */
  readonly maxBytes?: number;
}

export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reachable {
  readonly address: Address;
  readonly tls?: TlsSpec | undefined;
}

/** Any HTTP status is an answer. Throws when there is none in time; a fired `signal` throws its reason. */
export async function askServer(server: Reachable, ask: ServerRequest): Promise<ServerAnswer> {
  const deadline = AbortSignal.timeout(ask.timeoutMs);
  const signal = ask.signal === undefined ? deadline : AbortSignal.any([deadline, ask.signal]);
  try {
    return await readAnswer(await send(server, ask, signal), ask.maxBytes ?? 16 * 1024 * 1024);
  } catch (cause) {
    ask.signal?.throwIfAborted();
    if (deadline.aborted) throw new Error(`no answer within ${ask.timeoutMs} ms`, { cause });
    throw cause;
  }
}

async function send(server: Reachable, ask: ServerRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { host, port } = server.address;
  // No agent: a kept connection could answer for a process that is gone.
  const common = {
    host,
    port,
    path: ask.path,
    method: ask.method ?? 'GET',
    headers: ask.headers,
    agent: false,
    signal,
  };
  const tls = server.tls === undefined ? undefined : await tlsOptions(server.tls);
  return new Promise((resolve, reject) => {
    const request = tls === undefined ? httpRequest(common) : httpsRequest({ ...common, ...tls });
    request.once('response', resolve).once('error', reject).end(ask.body);
  });
}

async function tlsOptions(tls: TlsSpec): Promise<{ servername?: string; ca?: Buffer }> {
  return {
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.caFile === undefined ? {} : { ca: await readFile(tls.caFile) }),
  };
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<ServerAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') };
}
