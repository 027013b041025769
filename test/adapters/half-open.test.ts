/** Whoever is asked takes the connection and never says a word: each adapter gives up in bounded time, and names whom it asked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployer } from '../../src/adapters/deployer/index.ts';
import { createRouter } from '../../src/adapters/router/index.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { DeployerSpec, RouterSpec, SingleRouterSpec } from '../../src/domain/spec.ts';
import { portOf } from '../support/ports.ts';
import { newBuild, releaseSpec } from '../support/release-spec.ts';
import { refusal } from './router/contract/world.ts';

const boundMs = 12_000;
const identity = { header: 'x-user-id' };
const { servers, version } = releaseSpec('silent');
const taken = new Set<Socket>();
let dir: string;
let bySocket: Server;
let byPort: Server;
let socket: string;
let kubeconfig: string;

function silent(): Server {
  return createServer((connection) => {
    taken.add(connection);
    connection.on('error', () => undefined).on('close', () => taken.delete(connection));
  });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-silent-'));
  socket = join(dir, 'silent.sock');
  bySocket = silent();
  byPort = silent();
  await new Promise<void>((resolve) => bySocket.listen(socket, resolve));
  await new Promise<void>((resolve) => byPort.listen(0, '127.0.0.1', resolve));
  kubeconfig = join(dir, 'kubeconfig.json');
  const cluster = { server: `https://127.0.0.1:${portOf(byPort)}` };
  const config = {
    'current-context': 'one',
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'none' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
});

afterAll(async () => {
  for (const connection of taken) connection.destroy();
  bySocket.close();
  byPort.close();
  await rm(dir, { recursive: true, force: true });
});

/** Every router that is asked over a connection; nginx in reload mode is told by a file and a signal. */
function routers(): readonly SingleRouterSpec[] {
  const url = `http://127.0.0.1:${portOf(byPort)}`;
  const local = { identity, entrance: url, probe: url };
  const backends = { a: 'a', b: 'b' };
  const instance = { socket, map: join(dir, 'shop.map'), stateFile: join(dir, 'state'), backends, probe: url };
  return [
    { kind: 'embedded', admin: socket, ...local },
    { kind: 'nginx', admin: socket, ...local },
    { kind: 'caddy', admin: socket, decider: socket, ...local },
    { kind: 'envoy', admin: socket, dir, ...local },
    { kind: 'haproxy', identity, entrance: url, instances: [instance] },
    {
      ...{ kind: 'kubernetes-gateway', kubeconfig, bucketHeader: 'x-gray-bucket', namespace: 'shop', route: 'shop' },
      ...{ services: backends, port: 80, pods: 'app=shop', ...local },
    },
  ];
}

const route: DesiredRoute = {
  ...{ fence: 1, release: 'gray-release/silent', period: 'gray', stable: 'a' },
  servers: Object.fromEntries(servers.map(({ id, gray }) => [id, gray ? 'b' : 'a'])),
  split: { shareBp: 500, salt: 'silent', alwaysGray: [], alwaysStable: [], rest: 'stable' },
};

const sshDeployer = (): DeployerSpec => ({
  ...{ kind: 'ssh', dir, service: { restart: ['true'] }, user: 'nobody', port: portOf(byPort), hostKeys: 'known' },
  ...{ keep: 2, sessions: 2, connectMs: 2_000, stepMs: 2_000, readyMs: 2_000 },
});

function deployers(): readonly DeployerSpec[] {
  const patience = { stopMs: 500, readyMs: 500, pullMs: 500 };
  return [
    sshDeployer(),
    { kind: 'container', socket, network: 'host', env: [], mounts: [], restart: 'no', ...patience },
    { kind: 'kubernetes', kubeconfig, namespace: 'shop', workload: 'pod', pullCheck: false, ...patience },
  ];
}

async function outcome(call: Promise<unknown>) {
  const startedAt = Date.now();
  const { code, transient, message } = await refusal(call);
  return { code, transient, message, inTime: Date.now() - startedAt < boundMs };
}

const setAt = (spec: RouterSpec) => createRouter(spec, { target: 'silent', servers }).apply(route);

test('a router that takes the connection and says nothing is unreachable, and may be tried again', async () => {
  const tried = routers();
  const outcomes = await Promise.all(tried.map((spec) => outcome(setAt(spec))));
  expect(outcomes.map((found, index) => ({ kind: tried[index]?.kind, ...found }))).toEqual(
    tried.map(({ kind }) => ({
      ...{ kind, code: 'routerUnreachable', transient: true, inTime: true },
      message: expect.stringMatching(/silent\.sock|127\.0\.0\.1/),
    })),
  );
}, 30_000);

test('a server that takes the connection and says nothing is unreachable, and may be tried again', async () => {
  const [server] = servers;
  if (server === undefined) throw new Error('no server');
  const order = { server, artifact: newBuild, release: 'gray-release/silent', fence: 1, recordBase: true };
  const tried = deployers();
  const deployedBy = (spec: DeployerSpec) => createDeployer(spec, { target: 'silent', version }).deploy(order);
  const outcomes = await Promise.all(tried.map((spec) => outcome(deployedBy(spec))));
  expect(outcomes.map((found, index) => ({ kind: tried[index]?.kind, ...found }))).toEqual(
    tried.map(({ kind }) => ({
      ...{ kind, code: 'serverUnreachable', transient: true, inTime: true },
      message: expect.stringMatching(/silent\.sock|127\.0\.0\.1/),
    })),
  );
}, 30_000);
