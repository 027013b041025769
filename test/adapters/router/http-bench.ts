/** The half of a router bench that is the same for every real router: five real servers and requests over HTTP. */
import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { VersionProbe } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { Backend } from '../../support/backends.ts';
import { asHeader, http } from '../../support/http.ts';
import { eventually } from '../../support/processes.ts';
import type { Entrance, OpenRequest, RouterBench } from './bench.ts';

export interface HttpServers {
  readonly specs: readonly ServerSpec[];
  readonly backends: readonly Backend[];
}

export const versionProbe: VersionProbe = { get: '/version', version: '$.version', digest: '$.digest' };
export const identityHeader = 'x-user-id';

/** s1 … s5, all alive; s4 and s5 are gray, s5 is spare. */
export async function startServers(): Promise<HttpServers> {
  const backends = await Promise.all(['s1', 's2', 's3', 's4', 's5'].map((id) => Backend.start(id)));
  const specs = backends.map(({ id, address }, n) => ({ id, address, gray: n >= 3, spare: n === 4, weight: 100 }));
  return { specs, backends };
}

type HttpBench = Pick<
  RouterBench,
  'servers' | 'version' | 'setVersion' | 'request' | 'open' | 'stopServer' | 'startServer'
> &
  Required<Pick<RouterBench, 'stream'>>;

/** `entrances` are base URLs. `reset` forgets kept connections, for a router that was restarted; `end` stops the servers. */
export function httpBench(
  { specs, backends }: HttpServers,
  entrances: Readonly<Record<Entrance, string>>,
): HttpBench & { reset(): void; end(): Promise<void> } {
  let agent = new Agent({ keepAlive: true });
  const backend = (id: string): Backend => {
    const found = backends.find((candidate) => candidate.id === id);
    if (found === undefined) throw new Error(`no server ${id}`);
    return found;
  };
  const reset = () => {
    agent.destroy();
    agent = new Agent({ keepAlive: true });
  };
  return {
    servers: specs,
    version: versionProbe,
    setVersion: (server, version) => {
      backend(server).version = version;
    },
    request: async (user, entrance = 'public', connection = 'kept', attributes = {}) => {
      const order = { headers: { ...attributes, ...identity(user) }, ...(connection === 'kept' && { agent }) };
      const { status, headers } = await http(`${entrances[entrance]}/version`, order);
      return { status, server: nameIn(headers['x-server']) };
    },
    open: async (user) => {
      const id = randomUUID();
      const ended = http(`${entrances.public}/hold?id=${id}`, { headers: identity(user) }).then(
        ({ status }) => (status === 200 ? ('answered' as const) : ('closed' as const)),
        () => 'closed' as const,
      );
      const holder = await eventually(() => backends.find((candidate) => candidate.holds(id)));
      return { server: holder.id, ended, end: () => holder.letGo(id) };
    },
    stream: (user) => openStream(entrances.public, identity(user)),
    stopServer: (server) => backend(server).stop(),
    startServer: (server) => backend(server).start(),
    reset,
    end: async () => {
      agent.destroy();
      await Promise.all(backends.map((each) => each.stop()));
    },
  };
}

const identity = (user: string | null): Record<string, string> =>
  user === null ? {} : { [identityHeader]: asHeader(user) };

const nameIn = (header: string | string[] | undefined): string | null => (typeof header === 'string' ? header : null);

/** A websocket that never says goodbye: without an end from either side it stays for ever. */
async function openStream(entrance: string, headers: Record<string, string>): Promise<OpenRequest> {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const asked = request(`${entrance}/stream`, {
    agent: false,
    headers: {
      ...headers,
      ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key },
    },
  }).end();
  const [answer, socket]: [IncomingMessage, Socket] = await new Promise((resolve, reject) => {
    asked.once('upgrade', (response: IncomingMessage, upgraded: Socket) => resolve([response, upgraded]));
    asked.once('response', ({ statusCode }) => reject(new Error(`status ${statusCode} instead of an upgrade`)));
    asked.once('error', reject);
  });
  let byUs = false;
  socket.on('error', () => undefined).resume();
  const ended = new Promise<'answered' | 'closed'>((resolve) => {
    socket.once('close', () => resolve(byUs ? 'answered' : 'closed'));
  });
  const end = () => {
    byUs = true;
    socket.end();
  };
  return { server: nameIn(answer.headers['x-server']) ?? '', ended, end };
}
