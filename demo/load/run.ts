/** Sends requests at a fixed pace, whether or not earlier ones were answered, and tells once a second how it goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadClient, loadClient } from './client.ts';
import type { LoadOptions } from './options.ts';
import { type LoadSecond, type LoadSummary, Tally } from './tally.ts';
import { visits } from './traffic.ts';

const tickMs = 5;

/** Runs until `stop` aborts, then waits for the requests still open; each of them ends within `timeoutMs`. */
export async function runLoad(
  options: LoadOptions,
  stop: AbortSignal,
  tell: (second: LoadSecond) => void,
): Promise<LoadSummary> {
  const client = loadClient(options);
  const tally = new Tally(Date.now());
  const teller = setInterval(() => tell(tally.second(Date.now())), 1_000);
  try {
    await Promise.all(await sendUntil(stop, options, sender(client, tally)));
  } finally {
    clearInterval(teller);
    client.close();
  }
  tell(tally.second(Date.now()));
  return tally.summary(Date.now());
}

type Send = (visit: ReturnType<ReturnType<typeof visits>>) => Promise<void>;

const sender =
  (client: LoadClient, tally: Tally): Send =>
  async (visit) => {
    const sentMs = Date.now();
    tally.sent();
    const reply = await client.send(visit);
    tally.came(visit, reply, sentMs, Date.now());
  };

/** Returns the requests still open. A process that was held up catches up with at most a second's worth at once. */
async function sendUntil(stop: AbortSignal, options: LoadOptions, send: Send): Promise<Iterable<Promise<void>>> {
  const next = visits(options);
  const open = new Set<Promise<void>>();
  let owed = 0;
  let before = performance.now();
  while (!stop.aborted) {
    const now = performance.now();
    owed = Math.min(owed + ((now - before) / 1_000) * options.rate, options.rate);
    before = now;
    for (; owed >= 1; owed -= 1) {
      const sent: Promise<void> = send(next()).finally(() => open.delete(sent));
      open.add(sent);
    }
    await sleep(tickMs);
  }
  return open;
}
