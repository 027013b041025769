/** A server behind the routers, as a process of its own that can really die: `server.mjs ID PORT`. */
import { createServer } from 'node:http';

const [id, port] = process.argv.slice(2);
const running = JSON.stringify({ version: '1', digest: `sha256:${'1'.padStart(64, '0')}` });

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': running.length, 'x-server': id });
  response.end(running);
});
// The router's side must never race with an idle connection that this side closes.
server.keepAliveTimeout = 10 * 60_000;
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
