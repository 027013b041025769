/** What most verbs share: a connection that is closed again, who asks, and how facts are printed. */
import type { Client } from '@temporalio/client';
import { uiLink } from '../client/links.ts';
import { type Asked, connect } from '../client.ts';
import { type Call, textOf } from './verb.ts';

/** Connects, runs `use`, and closes the connection whatever happened. */
export async function withClient<T>(call: Call, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect({ temporal: call.config.temporal });
  try {
    return await use(client);
  } finally {
    await client.connection.close();
  }
}

export const askedOptions = [
  ['--by <name>', 'who asks (default: GRAY_BY, else user@host)'],
  ['--reason <text>', 'why; it is recorded'],
  ['--request-id <id>', 'the same id does nothing twice'],
] as const;

/** Who asks and why, from the command line and the environment. */
export function askedBy({ options, config }: Call): Asked {
  const reason = textOf(options, 'reason');
  const requestId = textOf(options, 'requestId');
  return {
    by: textOf(options, 'by') ?? config.by,
    ...(reason !== undefined && { reason }),
    ...(requestId !== undefined && { requestId }),
  };
}

export const linkOf = (call: Call, client: Client, target: string, runId?: string): string | null =>
  uiLink(call.config.temporal.uiUrl, client, target, runId);

/** Says that a lasting verb is ready: with --json on one line, which is easy to wait for. */
export function printReady(call: Call, facts: Readonly<Record<string, unknown>>, text: () => readonly string[]): void {
  if (call.json) call.io.out(JSON.stringify({ ready: true, pid: process.pid, ...facts }));
  else for (const line of text()) call.io.out(line);
}

/** Prints `facts` as JSON, or as the lines of `text` for people. */
export function print(call: Call, facts: unknown, text: () => string | readonly string[]): void {
  if (call.json) call.io.out(JSON.stringify(facts, null, 2));
  else for (const line of [text()].flat()) call.io.out(line);
}
