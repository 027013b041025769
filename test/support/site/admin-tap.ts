/** A door before the admin side of an embedded router: remembers every write, and can lose an answer after the router acted. */
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
  end(): Promise<void>;
}

const write = z.string().transform((text) => routeSchema.parse(JSON.parse(text)));

export async function tapAdmin(socket: string, admin: string): Promise<AdminTap> {
  const writes: DesiredRoute[] = [];
  const refused: number[] = [];
  let lose: { readonly of: (route: DesiredRoute) => boolean; readonly lost: () => void } | null = null;

  const pass = async (asked: IncomingMessage, response: ServerResponse) => {
    const body = await textOf(asked);
    const answer = await forward(admin, asked, body);
    const route = asked.method === 'PUT' ? write.parse(body) : null;
    if (route !== null && answer.status === 200) writes.push(route);
    if (route !== null && answer.status === 409) refused.push(route.fence);
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
