/**
 * What the embedded router is compared with, `bare-proxy.ts KIND PORT TARGETS`. `library`: the proxy library as it comes.
 * `careful`: with the time limits, the parsed targets and the care for connections that the router has, and no split,
 * health or metrics.
 */
import { Agent, createServer, type ServerResponse } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { placeOf } from '../../src/adapters/base-url.ts';
import { RoutedRequest, type Target, targetAt, Upstream } from '../../src/router/upstream.ts';

const [kind, port = '', targets = ''] = process.argv.slice(2);
const urls = targets.split(',');
let turn = 0;
const next = <T>(of: readonly T[]): T => of[turn++ % of.length] ?? fail();

type Handler = (request: RoutedRequest, response: ServerResponse) => void;

const server = createServer({ IncomingMessage: RoutedRequest }, kind === 'careful' ? careful() : library());
server.keepAliveTimeout = 75_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

function library(): Handler {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  const proxy = createProxyServer({ agent, toProxy: true, xfwd: true });
  return (request, response) => proxy.web(request, response, { target: next(urls) }, () => response.destroy());
}

function careful(): Handler {
  const upstream = new Upstream({ connectTimeoutMs: 2_000, answerTimeoutMs: 60_000 });
  const parts = urls.map(partsOf);
  return (request, response) =>
    upstream.web({
      ...{ request, response, target: next(parts), headers: {}, ownConnection: false },
      ...{ last: () => false, failed: () => response.destroy() },
    });
}

function partsOf(url: string): Target {
  const { server } = placeOf(url) ?? fail();
  return targetAt(server.address);
}

function fail(): never {
  throw new Error('no targets');
}
