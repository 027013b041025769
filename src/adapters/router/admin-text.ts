/** One GET at the admin side of a program, a Unix socket path or a URL, and its text. */
import { request } from 'node:http';
import { GrayError } from '../../domain/errors.ts';

/** One connection for each question: a kept one could outlive the process it asked. */
const timeoutMs = 2_000;

export interface AdminSide {
  /** `Caddy`, for errors. */
  readonly name: string;
  /** Of a URL that says none. */
  readonly port: number;
}

/** Throws `routerUnreachable`, and `routerRefused` for every status but 200. */
export async function adminText(side: AdminSide, admin: string, path: string): Promise<string> {
  const { status, text } = await send(side, admin, path).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `no answer from ${side.name}'s admin side at ${admin}: ${why}`, { cause });
  });
  if (status === 200) return text;
  throw new GrayError('routerRefused', `${side.name}'s admin side at ${admin} answered ${path} with status ${status}`);
}

const send = (side: AdminSide, admin: string, path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ ...placeOf(side, admin), path, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.once('error', reject).end();
  });

/** Over a Unix socket no host is named: Caddy would not answer, and Envoy does not mind. */
function placeOf({ port: usual }: AdminSide, admin: string) {
  if (!URL.canParse(admin)) return { socketPath: admin, setHost: false, headers: { host: '' } };
  const { hostname, port } = new URL(admin);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usual) };
}
