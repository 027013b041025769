/**
 * A writer as a process, to be frozen at chosen moments: reads the route, writes with the next fence and the share
 * given, and says each step. Half of the write leaves before the pause, the rest after it.
 * Plain JavaScript, so that it starts at once.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , socketPath, shareBp, pauseMs] = process.argv;
const say = (step) => process.stdout.write(`${step}\n`);

const ask = (method, body, pause) =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path: '/route', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.once('error', reject);
    const half = Math.floor(body.length / 2);
    if (half > 0) asked.write(body.slice(0, half));
    void pause().then(() => asked.end(body.slice(half)));
  });

const { text } = await ask('GET', '', async () => undefined);
const { route } = JSON.parse(text);
say('has read');
await sleep(Number(pauseMs));
const desired = { ...route, fence: route.fence + 1, split: { ...route.split, shareBp: Number(shareBp) } };
const { status } = await ask('PUT', JSON.stringify(desired), async () => {
  await sleep(20);
  say('has sent half');
  await sleep(Number(pauseMs));
});
say(`status ${status}`);
