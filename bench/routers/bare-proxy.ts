/**
 * What the embedded router is compared with, `bare-proxy.ts KIND PORT TARGETS`. `library`: the proxy library as it comes.
 * `careful`: with the time limits and the care for connections that the router has, and no split, health or metrics.
 */
import { Agent, createServer, type ServerResponse } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { RoutedRequest, Upstream } from '../../src/router/upstream.ts';

const [kind, port = '', targets = ''] = process.argv.slice(2);
const urls = targets.split(',');
let turn = 0;
const next = (): string => urls[turn++ % urls.length] ?? '';

type Handler = (request: RoutedRequest, response: ServerResponse) => void;

const server = createServer({ IncomingMessage: RoutedRequest }, kind === 'careful' ? careful() : library());
server.keepAliveTimeout = 75_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

function library(): Handler {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  const proxy = createProxyServer({ agent, toProxy: true, xfwd: true });
  return (request, response) => proxy.web(request, response, { target: next() }, () => response.destroy());
}

function careful(): Handler {
  const upstream = new Upstream({ connectTimeoutMs: 2_000, answerTimeoutMs: 60_000 });
  return (request, response) =>
    upstream.web({
      ...{ request, response, target: next(), headers: {}, ownConnection: false },
      ...{ last: () => false, failed: () => response.destroy() },
    });
}
