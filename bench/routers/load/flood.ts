/**
 * As many requests as a proxy takes, over kept connections: `flood.ts URL CONNECTIONS MS`. Raw sockets, so that the proxy
 * and not this process is what limits. Prints the requests answered per second.
 */
import { connect } from 'node:net';
import { clockMs, userName } from './order.ts';

const [url = '', connections = '', ms = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(url);
const requests = Array.from({ length: 1_000 }, (_, n) =>
  Buffer.from(`GET /version HTTP/1.1\r\nhost: ${host}\r\nx-user-id: ${userName(n)}\r\n\r\n`),
);
let sent = 0;
let answered = 0;

const began = clockMs();
await Promise.all(Array.from({ length: Number(connections) }, flood));
console.log(JSON.stringify({ perSecond: (answered * 1_000) / (clockMs() - began) }));

function flood(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let heard = '';
    const ask = () => {
      if (clockMs() - began > Number(ms)) socket.end();
      else socket.write(requests[sent++ % requests.length] ?? '');
    };
    socket.setEncoding('latin1').setNoDelay();
    socket.on('data', (text: string) => {
      heard += text;
      if (!isWhole(heard)) return;
      if (!heard.startsWith('HTTP/1.1 200')) reject(new Error(heard.slice(0, 200)));
      heard = '';
      answered += 1;
      ask();
    });
    socket
      .once('connect', ask)
      .once('error', reject)
      .once('close', () => resolve());
  });
}

/** By its length, or by the last chunk. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  if (head === -1) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, head))?.[1];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= head + 4 + Number(length);
}
