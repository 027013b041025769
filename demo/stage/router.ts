/** The routers a demo can have, each as a process: what to start, and what the release file says of it. */
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { haproxyConfig } from '../../src/adapters/router/haproxy.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { onPath } from '../../src/provision/executable.ts';
import type { RouterConfigInput } from '../../src/router/config.ts';
import type { Crew } from '../processes/crew.ts';
import { nodeScript } from '../processes/node-script.ts';
import type { ReleaseFacts } from '../release-file.ts';

export interface RouterStage {
  /** Section `router` of the release file. */
  readonly section: ReleaseFacts['router'];
  readonly entrance: string;
  start(crew: Crew, spec: ReleaseSpec): Promise<void>;
}

export interface RouterPlan {
  readonly folder: string;
  readonly target: string;
  readonly servers: ReleaseFacts['servers'];
  readonly ports: { readonly entrance: number; readonly probe: number };
}

export const identityHeader = 'x-user-id';

export type RouterKind = 'embedded' | 'haproxy';

export const routerStages: Readonly<Record<RouterKind, (plan: RouterPlan) => RouterStage>> = {
  embedded: embeddedRouter,
  haproxy: haproxyRouter,
};

const main = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url));

function embeddedRouter({ folder, target, servers, ports }: RouterPlan): RouterStage {
  const [admin, file] = [join(folder, 'router.sock'), join(folder, 'router.yaml')];
  const entrance = `http://127.0.0.1:${ports.entrance}`;
  const config: RouterConfigInput = {
    target,
    listen: { port: ports.entrance },
    probe: { port: ports.probe },
    admin: { socket: admin },
    stateFile: join(folder, 'router-state.json'),
    identity: { header: identityHeader },
    servers: servers.map(({ id, port }) => ({ id, address: { host: '127.0.0.1', port } })),
  };
  return {
    section: {
      kind: 'embedded',
      identity: { header: identityHeader },
      admin,
      entrance,
      probe: `http://127.0.0.1:${ports.probe}`,
    },
    entrance,
    start: async (crew) => {
      await writeFile(file, stringify(config));
      await crew.start({
        name: 'router',
        ...nodeScript(main, [file]),
        ready: (output) => output.includes('"ready":true'),
      });
    },
  };
}

function haproxyRouter({ folder, ports }: RouterPlan): RouterStage {
  const at = (name: string) => join(folder, name);
  const entrance = `http://127.0.0.1:${ports.entrance}`;
  const probe = `http://127.0.0.1:${ports.probe}`;
  const instance = { socket: at('haproxy.sock'), map: at('haproxy.map'), stateFile: at('haproxy.state'), probe };
  return {
    section: { kind: 'haproxy', identity: { header: identityHeader }, entrance, instances: [instance] },
    entrance,
    start: async (crew, spec) => {
      await writeFile(at('haproxy.cfg'), configOf(spec));
      for (const file of [instance.map, instance.stateFile]) await writeFile(file, '');
      const started = { command: await haproxyProgram(), args: ['-W', '-f', at('haproxy.cfg')] };
      await crew.start({ name: 'router', ...started, ready: () => accepts(ports.entrance) });
    },
  };
}

function configOf({ target, servers, router }: ReleaseSpec): string {
  const [instance] = router.kind === 'haproxy' ? router.instances : [];
  if (router.kind !== 'haproxy' || instance === undefined) throw new Error('the release file names no HAProxy');
  const { identity, entrance } = router;
  return haproxyConfig({ target, servers, identity, instance, entrance: new URL(entrance).host });
}

/** Debian puts it where only root looks. */
async function haproxyProgram(): Promise<string> {
  const found = await onPath('haproxy', { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` });
  if (found === null) throw new Error('HAProxy is not installed; install the package haproxy (2.6 or newer)');
  return found;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
