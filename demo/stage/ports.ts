/** Free ports that stay free: below those a system hands out to outgoing connections, while a server restarts on its own. */
import { createServer } from 'node:net';

const from = 18_000;
const to = 30_000;

/** `count` different ports of 127.0.0.1 on which nobody listens. */
export async function quietPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  const start = from + Math.floor(Math.random() * (to - from));
  for (let tried = 0; ports.length < count && tried < to - from; tried += 1) {
    const port = from + ((start - from + tried) % (to - from));
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error(`no ${count} free ports between ${from} and ${to}`);
  return ports;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
