/** Caddy's admin side, only read: which process it is, and the requests it has open at each server. */
import { request } from 'node:http';
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';

/** One connection for each question: a kept one could outlive the process it asked. */
const timeoutMs = 2_000;

const upstreamsSchema = z.array(z.object({ address: z.string(), num_requests: z.int().min(0) }));

/** Open requests by `host:port`. A server that was never asked is missing. */
export async function openRequestsAt(admin: string): Promise<ReadonlyMap<string, number>> {
  const parsed = upstreamsSchema.safeParse(json(await ask(admin, '/reverse_proxy/upstreams')));
  if (!parsed.success) throw odd(admin, 'its upstreams', parsed.error);
  return new Map(parsed.data.map(({ address, num_requests: open }) => [address, open]));
}

/** Changes when Caddy is started anew. */
export async function startOf(admin: string): Promise<string> {
  const [, seconds] = /^process_start_time_seconds (\S+)$/m.exec(await ask(admin, '/metrics')) ?? [];
  if (seconds === undefined) throw odd(admin, 'its start time', undefined);
  return String(Number(seconds));
}

/** The configuration in force, as JSON text. */
export const configAt = (admin: string): Promise<string> => ask(admin, '/config/');

async function ask(admin: string, path: string): Promise<string> {
  const { status, text } = await send(admin, path).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `no answer from Caddy's admin side at ${admin}: ${why}`, { cause });
  });
  if (status === 200) return text;
  throw new GrayError('routerRefused', `Caddy's admin side at ${admin} answered ${path} with status ${status}`);
}

const send = (admin: string, path: string): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ ...placeOf(admin), path, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.once('error', reject).end();
  });

/** Caddy answers a Unix socket only when the request names no host. */
function placeOf(admin: string) {
  if (!URL.canParse(admin)) return { socketPath: admin, setHost: false, headers: { host: '' } };
  const { hostname, port } = new URL(admin);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 2019) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const odd = (admin: string, what: string, cause: unknown) =>
  new GrayError('routerRefused', `${admin} does not tell ${what} as Caddy does`, { cause });
