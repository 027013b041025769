/** One request, sent once. Whatever goes wrong is reported; nothing is ever tried again. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { LoadOptions } from './options.ts';
import type { Visit } from './traffic.ts';

/** `reply`: a server of the target answered. `lost`: nobody did, or only the router. */
export type Reply =
  | { readonly kind: 'reply'; readonly status: number; readonly version: string; readonly server: string }
  | { readonly kind: 'lost'; readonly why: string };

export interface LoadClient {
  send(visit: Visit): Promise<Reply>;
  close(): void;
}

type ClientOptions = Pick<LoadOptions, 'url' | 'path' | 'identity' | 'answeredBy' | 'timeoutMs'>;

export function loadClient(options: ClientOptions): LoadClient {
  // First in, first out: every kept connection stays in use, so none is just being closed for idleness when we write.
  const kept = new Agent({ keepAlive: true, scheduling: 'fifo' });
  const fresh = new Agent({ keepAlive: false });
  const url = new URL(options.path, options.url);
  return {
    send: (visit) => sendOnce(url, visit.fresh ? fresh : kept, headersOf(options.identity, visit.user), options),
    close: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
}

const headersOf = (identity: LoadOptions['identity'], user: string | null): Record<string, string> => {
  if (user === null) return {};
  return 'header' in identity ? { [identity.header]: user } : { cookie: `${identity.cookie}=${user}` };
};

function sendOnce(url: URL, agent: Agent, headers: Record<string, string>, options: ClientOptions): Promise<Reply> {
  return new Promise((resolve) => {
    const sent = request(url, { agent, headers });
    const lost = (why: string) => resolve({ kind: 'lost', why: sent.reusedSocket ? `${why} (kept connection)` : why });
    const deadline = setTimeout(() => {
      lost(`no answer within ${options.timeoutMs} ms`);
      sent.destroy();
    }, options.timeoutMs);
    sent.on('error', (error) => lost(nameOf(error)));
    sent.on('response', (response) => {
      response.on('error', (error) => lost(`answer broke off: ${nameOf(error)}`));
      response.on('end', () => resolve(readReply(response, options.answeredBy)));
      response.resume();
    });
    sent.on('close', () => {
      clearTimeout(deadline);
      lost('closed without an answer');
    });
    sent.end();
  });
}

/** A status of 500 that names its server is the application's own error; without a name the router made it up. */
function readReply(response: IncomingMessage, by: LoadOptions['answeredBy']): Reply {
  const status = response.statusCode ?? 0;
  const version = textOf(response.headers[by.version]);
  const server = textOf(response.headers[by.server]);
  if (version === null || server === null) return { kind: 'lost', why: `status ${status} from no server` };
  return { kind: 'reply', status, version, server };
}

const textOf = (header: string | string[] | undefined): string | null => (typeof header === 'string' ? header : null);

const nameOf = (error: Error): string => ('code' in error && error.code ? String(error.code) : error.message);
