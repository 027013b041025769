/** Constant load of many users, over kept and fresh connections, by a client that never retries. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { http } from './http.ts';

export interface LoadOrder {
  readonly url: string;
  readonly header: string;
  readonly users: number;
  /** Requests in flight at the same time. */
  readonly loops: number;
  /** Every fifth loop opens a connection per request; false keeps them all. */
  readonly fresh?: boolean;
  readonly pauseMs?: number;
}

export interface LoadReport {
  readonly sent: number;
  /** What was not answered with status 200, in words. */
  readonly lost: readonly string[];
}

export interface Load {
  /** Resolves when this many more requests were sent. */
  more(requests: number): Promise<void>;
  stop(): Promise<LoadReport>;
}

/** Runs until `stop` is called. Every tenth request is anonymous. */
export function startLoad(order: LoadOrder): Load {
  const agent = new Agent({ keepAlive: true });
  const lost: string[] = [];
  let sent = 0;
  let running = true;
  const one = async (loop: number) => {
    sent += 1;
    const user = `user-${(sent * 7 + loop) % order.users}`;
    const headers: Record<string, string> = sent % 10 === 0 ? {} : { [order.header]: user };
    const answer = await http(order.url, {
      headers,
      ...(order.fresh !== false && loop % 5 === 0 ? {} : { agent }),
    }).catch(String);
    if (typeof answer === 'string') lost.push(answer);
    else if (answer.status !== 200) lost.push(`status ${answer.status}: ${answer.body}`);
  };
  const loops = Array.from({ length: order.loops }, async (_, loop) => {
    while (running) {
      await one(loop);
      await sleep(order.pauseMs ?? 5);
    }
  });
  return {
    more: async (requests) => {
      const enough = sent + requests;
      while (sent < enough) await sleep(5);
    },
    stop: async () => {
      running = false;
      await Promise.all(loops);
      agent.destroy();
      return { sent, lost };
    },
  };
}
