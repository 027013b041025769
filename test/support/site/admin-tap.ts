/**
 * A door before the admin side of an embedded router: remembers every write, can lose an answer after the router acted,
 * and can keep a write on its way.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { routeSchema } from '../../../src/adapters/router/route-schema.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';

export interface AdminTap {
  /** Every route that the router took, repeats included, oldest first. */
  readonly writes: readonly DesiredRoute[];
  /** Fences of the writes it refused. */
  readonly refused: readonly number[];
  /** The router acts on the next write that matches; whoever asked gets no answer. Resolves when it happened. */
  loseAnswer(of: (route: DesiredRoute) => boolean): Promise<void>;
  /** The next write that matches stays on its way, until what is returned lets it arrive and tells the router's answer. */
  holdBack(of: (route: DesiredRoute) => boolean): Promise<() => Promise<number>>;
  end(): Promise<void>;
}

const write = z.string().transform((text) => routeSchema.parse(JSON.parse(text)));

type Wanted = (route: DesiredRoute) => boolean;

export async function tapAdmin(socket: string, admin: string): Promise<AdminTap> {
  const writes: DesiredRoute[] = [];
  const refused: number[] = [];
  let lose: { readonly of: Wanted; readonly lost: () => void } | null = null;
  let hold: { readonly of: Wanted; readonly held: (arrive: () => Promise<number>) => void } | null = null;

  const arrive = async (asked: IncomingMessage, body: string, route: DesiredRoute | null) => {
    const answer = await forward(admin, asked, body);
    if (route !== null && answer.status === 200) writes.push(route);
    if (route !== null && answer.status === 409) refused.push(route.fence);
    return answer;
  };
  const pass = async (asked: IncomingMessage, response: ServerResponse) => {
    const body = await textOf(asked);
    const route = asked.method === 'PUT' ? write.parse(body) : null;
    if (route !== null && hold?.of(route) === true) {
      hold.held(async () => (await arrive(asked, body, route)).status);
      hold = null;
      return;
    }
    const answer = await arrive(asked, body, route);
    if (route !== null && lose?.of(route) === true) {
      lose.lost();
      lose = null;
      asked.socket.destroy();
    } else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  };
  const door = createServer((asked, response) => void pass(asked, response).catch(() => asked.socket.destroy()));
  await new Promise<void>((listening) => door.listen(socket, listening));
  return {
    writes,
    refused,
    loseAnswer: (of) =>
      new Promise((lost) => {
        lose = { of, lost };
      }),
    holdBack: (of) =>
      new Promise((held) => {
        hold = { of, held };
      }),
    end: async () => {
      door.closeAllConnections();
      await new Promise((closed) => door.close(closed));
    },
  };
}

function forward(socketPath: string, { method, url, headers }: IncomingMessage, body: string) {
  return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const sent = request({ socketPath, method, path: url, headers, agent: false }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject);
    });
    sent.once('error', reject).end(body);
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
