/** The embedded router as a real process: started, killed and started again over the same state file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { EmbeddedRouterSpec } from '../../src/domain/spec.ts';
import type { RouterConfigInput } from '../../src/router/config.ts';
import { freePorts } from './ports.ts';
import { type StartedProcess, startProcess, startTypeScript } from './processes.ts';

export interface RouterProcess {
  readonly spec: EmbeddedRouterSpec;
  readonly config: RouterConfigInput;
  readonly dir: string;
  /** The process of this moment. */
  current(): StartedProcess;
  start(): Promise<void>;
  /** SIGKILL, then a new process over the same state file. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

const main = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url));

/** `more` goes on top of a configuration with quick health checks, a header and a cookie, and a Unix admin socket. */
export async function startRouterProcess(
  servers: RouterConfigInput['servers'],
  more: Partial<RouterConfigInput> = {},
  /** A compiled router, where its speed counts. */
  script?: string,
): Promise<RouterProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-router-'));
  const [listen = 0, probe = 0] = await freePorts(2);
  const identity = { header: 'x-user-id', cookie: 'uid' };
  const admin = join(dir, 'admin.sock');
  const config: RouterConfigInput = {
    target: 'contract',
    listen: { port: listen },
    probe: { port: probe },
    admin: { socket: admin },
    stateFile: join(dir, 'state.json'),
    identity,
    servers,
    health: { everyMs: 100, timeoutMs: 1_000 },
    ...more,
  };
  const file = join(dir, 'router.json');
  await writeFile(file, JSON.stringify(config));
  let running: StartedProcess | undefined;
  const start = async () => {
    const ready = /"ready":true/;
    running =
      script === undefined
        ? await startTypeScript(main, [file], { ready })
        : await startProcess({ command: process.execPath, args: [script, file], ready });
  };
  const current = () => {
    if (running === undefined) throw new Error('the router was not started');
    return running;
  };
  await start();
  return {
    spec: {
      kind: 'embedded',
      identity: { ...identity, segments: ['x-branch', 'x-staff'] },
      admin,
      entrance: `http://127.0.0.1:${listen}`,
      probe: `http://127.0.0.1:${probe}`,
    },
    config,
    dir,
    current,
    start,
    restart: async () => {
      await current().kill('SIGKILL');
      await start();
    },
    end: async () => {
      await current().kill('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What a router's configuration keeps of a server of the release file. */
export const configured = <
  S extends { id: string; address: { host: string; port: number }; weight: number; spare: boolean },
>(
  servers: readonly S[],
) => servers.map(({ id, address, weight, spare }) => ({ id, address, weight, spare }));

/** By hand, past the fence: the state file edited while the router is down. */
export async function editRoute(router: RouterProcess, edit: (route: DesiredRoute) => DesiredRoute): Promise<void> {
  await router.current().kill('SIGKILL');
  const { stateFile } = router.config;
  const state = JSON.parse(await readFile(stateFile, 'utf8'));
  await writeFile(stateFile, JSON.stringify({ ...state, route: edit(state.route) }));
  await router.restart();
}
