import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { askServer, type Reachable } from '../../src/adapters/server-request.ts';
import { readVersion } from '../../src/adapters/version-probe.ts';
import { portOf } from '../support/ports.ts';

const probe = { get: '/version', version: '$.build.version', digest: '$.build.digest' };
const good = JSON.stringify({ build: { version: '2.0.0', digest: 'sha256:ab' } });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<Reachable> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: { host: '127.0.0.1', port: portOf(server) } };
}

const answering = (listener: RequestListener) => listening(createServer(listener));
const ask = (server: Reachable) => readVersion(server, probe, { timeoutMs: 2_000 });

test('version and digest are read where the probe says', async () => {
  const server = await answering((_request, response) => response.end(good));
  expect(await ask(server)).toEqual({ version: '2.0.0', digest: 'sha256:ab' });
});

test.each<[string, RequestListener, RegExp]>([
  ['an error status', (_request, response) => response.writeHead(503).end(good), /status 503/],
  ['no JSON', (_request, response) => response.end('<html>'), /did not answer JSON/],
  ['no version', (_request, response) => response.end('{"build":{"digest":"x"}}'), /no text at \$\.build\.version/],
  [
    'a number for a digest',
    (_request, response) => response.end(good.replace('"sha256:ab"', '7')),
    /no text at \$\.build\.digest/,
  ],
  ['no end of an answer', (_request, response) => response.end('x'.repeat(100_000)), /longer than/],
  ['a broken connection', (request) => request.socket.destroy(), /hang up|reset/],
])('a server with %s is unreachable, with the reason', async (_what, listener, reason) => {
  expect(await ask(await answering(listener))).toEqual({ unreachable: expect.stringMatching(reason) });
});

test('a silent server is unreachable after the time limit', async () => {
  const server = await answering(() => undefined);
  const answer = await readVersion(server, probe, { timeoutMs: 50 });
  expect(answer).toEqual({ unreachable: expect.stringMatching(/no answer within 50 ms/) });
});

test('nobody at the port is unreachable', async () => {
  const server = await answering(() => undefined);
  await new Promise((closed) => servers.pop()?.close(closed));
  expect(await ask(server)).toEqual({ unreachable: expect.stringMatching(/ECONNREFUSED/) });
});

test('an aborted question throws the reason of the abort', async () => {
  const server = await answering(() => undefined);
  const signal = AbortSignal.timeout(20);
  await expect(readVersion(server, probe, { timeoutMs: 5_000, signal })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});

test('a server with TLS must show the certificate of its server name', async () => {
  const file = (name: string) => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));
  const [key, cert] = [readFileSync(file('key.pem')), readFileSync(file('cert.pem'))];
  const server = await listening(createTlsServer({ key, cert }, (_request, response) => response.end(good)));
  const named = (serverName: string) => ({ ...server, tls: { serverName, caFile: file('cert.pem') } });
  expect(await ask(named('pay.internal'))).toMatchObject({ version: '2.0.0' });
  expect(await ask(named('other.internal'))).toEqual({ unreachable: expect.stringMatching(/does not match/) });
  expect(await ask({ ...server, tls: { serverName: 'pay.internal' } })).toEqual({
    unreachable: expect.stringMatching(/self.signed/),
  });
});

test('method, headers and body reach the server', async () => {
  const server = await answering((request, response) => {
    response.setHeader('x-seen', `${request.method} ${request.url} ${request.headers['x-user-id']}`);
    request.pipe(response);
  });
  const headers = { 'x-user-id': 'tester-1' };
  const answer = await askServer(server, {
    path: '/echo?a=1',
    method: 'POST',
    headers,
    body: 'hello',
    timeoutMs: 2_000,
  });
  expect(answer).toMatchObject({ status: 200, body: 'hello', headers: { 'x-seen': 'POST /echo?a=1 tester-1' } });
});
