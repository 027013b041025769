import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import pino from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNotifier } from '../../../src/adapters/notifier/index.ts';
import { logNotifier } from '../../../src/adapters/notifier/log.ts';
import { sharedNotes } from '../../../src/adapters/notifier/memory.ts';
import { webhookNotifier } from '../../../src/adapters/notifier/webhook.ts';
import { GrayError } from '../../../src/domain/errors.ts';
import { freePort, portOf } from '../../support/ports.ts';
import { event, notifierContract } from './contract.ts';

notifierContract('memory', async () => {
  sharedNotes.clear();
  return {
    notifier: createNotifier({ kind: 'memory' }),
    arrived: () => sharedNotes.events.map(({ id }) => id),
    goAway: () => sharedNotes.goAway(),
    comeBack: () => sharedNotes.comeBack(),
    close: async () => sharedNotes.clear(),
  };
});

function logLines() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, logger };
}

notifierContract('log', async () => {
  const { lines, logger } = logLines();
  return {
    notifier: logNotifier(logger),
    arrived: () => lines.map(({ id }) => String(id)),
    goAway: null,
    comeBack: () => undefined,
    close: async () => undefined,
  };
});

interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly path: string | undefined;
  readonly body: Record<string, unknown>;
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Answers with `statuses` one after another, the last one for ever; 0 cuts the connection, -1 never answers. */
async function receiver(statuses: number[]) {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      posts.push({ headers: request.headers, path: request.url, body: JSON.parse(text) });
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      if (status === 0) request.socket.destroy();
      else if (status !== undefined && status > 0) response.writeHead(status).end('thanks');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { posts, url: `http://127.0.0.1:${portOf(server)}/hooks/secret-4711?key=s3cret`, statuses, close };
}

const webhook = (url: string, rest: { format?: 'json' | 'slack'; timeoutMs?: number } = {}) =>
  webhookNotifier(
    { kind: 'webhook', urlEnv: 'HOOK_URL', format: rest.format ?? 'json' },
    { env: { HOOK_URL: url }, pauseMs: 5, ...(rest.timeoutMs && { timeoutMs: rest.timeoutMs }) },
  );

notifierContract('webhook', async () => {
  const { posts, url, statuses, close } = await receiver([200]);
  return {
    notifier: webhook(url),
    arrived: () => posts.map(({ body }) => String(body.id)),
    goAway: () => statuses.splice(0, 1, 503),
    comeBack: () => statuses.splice(0, 1, 200),
    close,
  };
});

it('the log has the text as message, the facts as fields, and a level by severity', async () => {
  const { lines, logger } = logLines();
  const notifier = logNotifier(logger);
  for (const severity of ['info', 'warning', 'alarm'] as const) await notifier.notify(event('e1', { severity }));
  expect(lines.map(({ level }) => level)).toEqual([30, 40, 50]);
  expect(lines[0]).toMatchObject({ msg: event('e1').text, kind: 'gateWaiting', target: 'payments', id: 'e1' });
});

describe('a webhook', () => {
  const received = async (statuses: number[]) => {
    const hook = await receiver(statuses);
    open.push(hook.close);
    return hook;
  };

  it('posts the whole event as JSON, with its id in a header', async () => {
    const { posts, url } = await received([204]);
    await webhook(url).notify(event('e1'));
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({
      path: '/hooks/secret-4711?key=s3cret',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'e1' },
      body: event('e1'),
    });
  });

  it('posts what Slack reads, with its markup escaped', async () => {
    const { posts, url } = await received([200]);
    await webhook(url, { format: 'slack' }).notify(event('e1', { severity: 'alarm', text: '<!channel> 5 & more' }));
    expect(posts[0]?.body).toMatchObject({
      text: ':rotating_light: *payments* 2.0.0: &lt;!channel&gt; 5 &amp; more',
      blocks: [{ type: 'section', text: { type: 'mrkdwn' } }, { type: 'context' }],
    });
  });

  it.each([500, 503, 429, 0])('tries again after %i, with the same id', async (status) => {
    const { posts, url } = await received([status, status, 200]);
    await webhook(url).notify(event('e1'));
    expect(posts.map(({ headers }) => headers['idempotency-key'])).toEqual(['e1', 'e1', 'e1']);
  });

  it.each([
    [503, 3, 'the webhook in HOOK_URL answered status 503'],
    [404, 1, 'the webhook in HOOK_URL answered status 404'],
    [302, 1, 'the webhook in HOOK_URL answered status 302'],
    [0, 3, 'the webhook in HOOK_URL did not answer: ECONNRESET'],
    [-1, 3, 'the webhook in HOOK_URL did not answer: within 60 ms'],
  ])('that keeps answering %i is given up after %i tries', async (status, tries, message) => {
    const { posts, url } = await received([status]);
    await expect(webhook(url, { timeoutMs: status < 0 ? 60 : 5_000 }).notify(event('e1'))).rejects.toThrow(message);
    expect(posts).toHaveLength(tries);
  });

  it.each([
    ['nobody listens', async () => `http://127.0.0.1:${await freePort()}/hooks/secret-4711?key=s3cret`],
    ['it refuses', async () => (await received([403])).url],
    ['it is broken', async () => (await received([500])).url],
    ['the URL is none', async () => 'htps//hooks/secret-4711?key=s3cret'],
    ['the URL has a space', async () => 'http://127.0.0.1:1/secret-4711 s3cret'],
    ['the host does not exist', async () => 'http://secret-4711.invalid/s3cret'],
  ])('its URL is in no part of the error when %s', async (_, url) => {
    const error: unknown = await webhook(await url())
      .notify(event('e1'))
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof GrayError)) throw new Error(`not a GrayError: ${String(error)}`);
    const everything = JSON.stringify([error.message, error.stack, error.details, error]) + String(error.cause);
    expect(everything).not.toMatch(/secret-4711|s3cret/);
    expect(error.cause).toBeUndefined();
  });

  it('reads its URL from the environment when it notifies, and says which variable is missing', async () => {
    const { posts, url } = await received([200]);
    const notifier = createNotifier({ kind: 'webhook', urlEnv: 'GRAY_TEST_HOOK', format: 'json' });
    await expect(notifier.notify(event('e1'))).rejects.toThrow('environment variable GRAY_TEST_HOOK is not set');
    vi.stubEnv('GRAY_TEST_HOOK', url);
    await notifier.notify(event('e2'));
    vi.unstubAllEnvs();
    expect(posts.map(({ body }) => body.id)).toEqual(['e2']);
  });
});
