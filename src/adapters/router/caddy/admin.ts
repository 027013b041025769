/** Caddy's admin side, only read: which process it is, and the requests it has open at each server. */
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import { parsedJson } from '../../parsed-json.ts';
import { adminText } from '../admin-text.ts';

const upstreamsSchema = z.array(z.object({ address: z.string(), num_requests: z.int().min(0) }));

/** Open requests by `host:port`. A server that was never asked is missing. */
export async function openRequestsAt(admin: string): Promise<ReadonlyMap<string, number>> {
  const parsed = upstreamsSchema.safeParse(parsedJson(await ask(admin, '/reverse_proxy/upstreams')));
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

const ask = (admin: string, path: string): Promise<string> => adminText({ name: 'Caddy', port: 2019 }, admin, path);

const odd = (admin: string, what: string, cause: unknown) =>
  new GrayError('routerRefused', `${admin} does not tell ${what} as Caddy does`, { cause });
