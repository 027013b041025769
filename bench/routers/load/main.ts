/** The load as a process: loops over kept and over fresh connections until its parent goes away or says stop. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../../../test/support/http.ts';
import { type Asked, clockMs, type LoadOrder, userName } from './order.ts';

const order: LoadOrder = JSON.parse(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true });
let running = true;
let batch: Asked[] = [];

async function ask(connection: Asked['connection']): Promise<Asked> {
  const user = Math.random() < 0.1 ? -1 : Math.floor(Math.random() * order.users);
  const headers: Record<string, string> = user === -1 ? {} : { 'x-user-id': userName(user) };
  const sentMs = clockMs();
  const answer = await http(`${order.url}/version`, { headers, ...(connection === 'kept' && { agent }) }).catch(String);
  const doneMs = clockMs();
  if (typeof answer === 'string') return { user, sentMs, doneMs, connection, server: null, lost: answer };
  const server = answer.headers['x-server'];
  if (answer.status === 200 && typeof server === 'string') return { user, sentMs, doneMs, connection, server };
  return { user, sentMs, doneMs, connection, server: null, lost: `status ${answer.status}` };
}

async function loop(connection: Asked['connection']): Promise<void> {
  while (running) {
    batch.push(await ask(connection));
    await sleep(order.pauseMs * (0.5 + Math.random()));
  }
}

function hand(): void {
  if (batch.length > 0) process.send?.(batch);
  batch = [];
}

process.once('message', () => {
  running = false;
});
process.once('disconnect', () => process.exit());

const telling = setInterval(hand, 100);
await Promise.all([
  ...Array.from({ length: order.keptLoops }, () => loop('kept')),
  ...Array.from({ length: order.freshLoops }, () => loop('fresh')),
]);
clearInterval(telling);
agent.destroy();
hand();
process.disconnect();
