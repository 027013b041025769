/** The proxy library as it comes, with the connections the embedded router keeps and nothing else: `bare-proxy.ts PORT TARGETS`. */
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';

const [port = '', targets = ''] = process.argv.slice(2);
const urls = targets.split(',');
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
const proxy = createProxyServer({ agent, toProxy: true, xfwd: true });
let turn = 0;

const server = createServer((request, response) => {
  const target = urls[turn++ % urls.length] ?? '';
  proxy.web(request, response, { target }, () => response.destroy());
});
server.keepAliveTimeout = 75_000;
process.once('SIGINT', () => process.exit(0));
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
