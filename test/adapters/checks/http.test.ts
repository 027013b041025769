import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/adapters/checks/index.ts';
import { freePort, portOf } from '../../support/ports.ts';
import { atServer, digest, httpCheck, throughRouter } from './places.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function serve(answer: Answer) {
  const seen: IncomingMessage[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response, seen.length);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { port: portOf(server), seen, sockets };
}

const json =
  (body: unknown): Answer =>
  (_, response) =>
    void response.end(JSON.stringify(body));
const versions: Answer = (request, response) =>
  void response.end(request.url === '/version' ? JSON.stringify({ version: '2.0.0', digest }) : 'ok');

describe('an HTTP check passes', () => {
  it.each([
    ['on the expected status', httpCheck(), ((_, response) => void response.end()) as Answer],
    [
      'on an unusual expected status',
      httpCheck({ expect: { status: 302 } }),
      ((_, response) => void response.writeHead(302, { location: '/' }).end()) as Answer,
    ],
    [
      'on an exact header and a pattern',
      httpCheck({ expect: { headers: { 'X-Version': '2.0.0', 'x-server': '/^pay-\\d$/i' } } }),
      ((_, response) => void response.writeHead(200, { 'x-version': '2.0.0', 'x-server': 'PAY-1' }).end()) as Answer,
    ],
    [
      'on JSON values, null and false too',
      httpCheck({ expect: { json: { '$.a[1].b': 2, '$.c': null, '$.d': false } } }),
      json({ a: [0, { b: 2 }], c: null, d: false }),
    ],
    ['when the answer names the version', httpCheck({ expect: { version: true } }), json({ version: '2.0.0', digest })],
    ['when the probe, asked apart, names the version', httpCheck({ expect: { version: true } }), versions],
    ['within the latency limit', httpCheck({ expect: { latencyMs: 5_000 } }), json({})],
  ])('%s', async (_, check, answer) => {
    const { port } = await serve(answer);
    expect(await runCheck(check, atServer(port))).toEqual({ name: 'health', ok: true, runs: 1, failures: 0 });
  });
});

describe('an HTTP check fails, and says what was expected and what came', () => {
  it.each([
    [
      'status',
      httpCheck(),
      ((_, response) => void response.writeHead(503).end('no database\nat all')) as Answer,
      'expected status 200, got 503: no database at all',
    ],
    [
      'a header that is missing',
      httpCheck({ expect: { headers: { 'x-version': '2' } } }),
      json({}),
      'expected header x-version: 2, got none',
    ],
    [
      'a header with another value',
      httpCheck({ expect: { headers: { 'x-version': '/^2/' } } }),
      ((_, response) => void response.writeHead(200, { 'x-version': '1.9' }).end()) as Answer,
      'expected header x-version: /^2/, got 1.9',
    ],
    [
      'a pattern that is none',
      httpCheck({ expect: { headers: { 'x-a': '/(/' } } }),
      ((_, response) => void response.writeHead(200, { 'x-a': '1' }).end()) as Answer,
      /^GET \/health: Invalid regular expression/,
    ],
    [
      'a JSON value',
      httpCheck({ expect: { json: { '$.a.b': 2 } } }),
      json({ a: { b: '2' } }),
      'expected $.a.b to be 2, got "2"',
    ],
    [
      'a JSON value that is missing',
      httpCheck({ expect: { json: { '$.a.b': 2 } } }),
      json({}),
      'expected $.a.b to be 2, got nothing there',
    ],
    [
      'a body that is no JSON',
      httpCheck({ expect: { json: { '$.a': 1 } } }),
      ((_, response) => void response.end('<html>')) as Answer,
      'expected a JSON body, got <html>',
    ],
    ['a path that is none', httpCheck({ expect: { json: { 'a..b': 1 } } }), json({}), /JSON path/],
    [
      'latency',
      httpCheck({ expect: { latencyMs: 40 } }),
      ((_, response) => void setTimeout(() => response.end(), 80)) as Answer,
      /^expected an answer within 40 ms, got it after \d+ ms$/,
    ],
    [
      'another version',
      httpCheck({ expect: { version: true } }),
      json({ version: '1.0.0', digest }),
      'expected version 2.0.0, got 1.0.0',
    ],
    [
      'the right version with another digest',
      httpCheck({ expect: { version: true } }),
      json({ version: '2.0.0', digest: 'sha256:b' }),
      `expected version 2.0.0 with digest ${digest}, got digest sha256:b`,
    ],
    [
      'no version anywhere',
      httpCheck({ expect: { version: true } }),
      ((_, response) => void response.end('ok')) as Answer,
      '/version did not answer JSON',
    ],
    [
      'a version probe that is not there',
      httpCheck({ expect: { version: true } }),
      ((request, response) => void response.writeHead(request.url === '/version' ? 404 : 200).end()) as Answer,
      'expected /version to name the version, got status 404',
    ],
    [
      'a connection that is cut',
      httpCheck(),
      ((request) => void request.socket.destroy()) as Answer,
      /^GET \/health: socket hang up/,
    ],
  ])('%s', async (_, check, answer, problem) => {
    const { port } = await serve(answer);
    const result = await runCheck(check, atServer(port));
    expect(result).toMatchObject({ ok: false, runs: 1, failures: 1 });
    expect(result.problem).toMatch(problem);
  });

  it('when nobody listens', async () => {
    const result = await runCheck(httpCheck(), atServer(await freePort()));
    expect(result.problem).toMatch(/^GET \/health: .*ECONNREFUSED/);
  });

  it('when there is no answer in time', async () => {
    const { port } = await serve(() => undefined);
    const result = await runCheck(httpCheck({ timeoutMs: 60 }), atServer(port));
    expect(result.problem).toBe('GET /health: no answer within 60 ms');
  });

  it('when the answer starts but never ends', async () => {
    const { port } = await serve((_, response) => void response.write('half'));
    expect((await runCheck(httpCheck({ timeoutMs: 60 }), atServer(port))).ok).toBe(false);
  });

  it('when the entrance is no URL', async () => {
    const place = { ...throughRouter(1), entrance: 'memory:' };
    expect((await runCheck(httpCheck(), place)).problem).toMatch(/entrance of the router is no http URL/);
  });
});

describe('repeats', () => {
  it('run one after another, each on a connection of its own', async () => {
    let atOnce = 0;
    const { port, seen, sockets } = await serve((_, response) => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      setTimeout(() => {
        atOnce -= 1;
        response.end();
      }, 5);
    });
    expect(await runCheck(httpCheck({ repeat: 6 }), atServer(port))).toMatchObject({ ok: true, runs: 6, failures: 0 });
    expect(seen).toHaveLength(6);
    expect(sockets.size).toBe(6);
  });

  it('one failure among many fails, with the first problem and the number', async () => {
    const { port } = await serve((_, response, n) => void response.writeHead(n === 3 ? 500 : 200).end());
    expect(await runCheck(httpCheck({ repeat: 5 }), atServer(port))).toEqual({
      name: 'health',
      ok: false,
      runs: 5,
      failures: 1,
      problem: 'expected status 200, got 500',
    });
  });

  it('stop after three failures: the verdict stands', async () => {
    const { port, seen } = await serve((_, response) => void response.writeHead(500).end());
    expect(await runCheck(httpCheck({ repeat: 50 }), atServer(port))).toMatchObject({ runs: 3, failures: 3 });
    expect(seen).toHaveLength(3);
  });
});

describe('through the router', () => {
  const echo: Answer = (request, response) =>
    void response.end(
      JSON.stringify({
        path: request.url,
        user: request.headers['x-user-id'] ?? null,
        cookie: request.headers.cookie ?? null,
      }),
    );
  const told = async (check: Parameters<typeof httpCheck>[0], identity?: { header: string; cookie: string }) => {
    const { port } = await serve(echo);
    return runCheck(httpCheck(check), throughRouter(port, identity));
  };

  it('the test user is sent in the header the router reads', async () => {
    const expected = { json: { '$.user': 'tester-1', '$.cookie': null, '$.path': '/checkout?demo=1' } };
    expect(await told({ as: 'tester-1', path: '/checkout?demo=1', expect: expected })).toMatchObject({ ok: true });
  });

  it('or in the cookie, beside the cookies of the check', async () => {
    const { port } = await serve(echo);
    const place = { ...throughRouter(port), identity: { cookie: 'uid' } };
    const expected = { json: { '$.user': null, '$.cookie': 'lang=de; uid=tester-1' } };
    const check = httpCheck({ as: 'tester-1', headers: { Cookie: 'lang=de' }, expect: expected });
    expect(await runCheck(check, place)).toMatchObject({ ok: true });
  });

  it('nobody is sent when the check names nobody', async () => {
    expect(await told({ expect: { json: { '$.user': null } } })).toMatchObject({ ok: true });
  });

  it('the version asked apart is asked as the same user', async () => {
    const { port } = await serve((request, response) => {
      const version = request.headers['x-user-id'] === 'tester-1' ? '2.0.0' : '1.0.0';
      response.end(request.url === '/version' ? JSON.stringify({ version, digest }) : 'ok');
    });
    const check = { path: '/', expect: { version: true } };
    expect((await runCheck(httpCheck({ ...check, as: 'tester-1' }), throughRouter(port))).ok).toBe(true);
    expect((await runCheck(httpCheck(check), throughRouter(port))).problem).toBe('expected version 2.0.0, got 1.0.0');
  });

  it('a user name with a line break is a failed check, not a header of its own', async () => {
    const result = await told({ as: 'x\r\nx-evil: 1' });
    expect(result.problem).toMatch(/Invalid character in header/);
  });
});

it('a body is posted with its headers', async () => {
  const { port } = await serve((request, response) => {
    let body = '';
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => response.end(JSON.stringify({ body, type: request.headers['content-type'] })));
  });
  const check = httpCheck({
    method: 'POST',
    body: '{"a":1}',
    headers: { 'Content-Type': 'application/json' },
    expect: { json: { '$.body': '{"a":1}', '$.type': 'application/json' } },
  });
  expect(await runCheck(check, atServer(port))).toMatchObject({ ok: true });
});

it('at a server nobody is sent: the router is not asked', async () => {
  const { port, seen } = await serve((_, response) => void response.end());
  await runCheck(httpCheck({ as: 'tester-1' }), atServer(port));
  expect(seen[0]?.headers).not.toHaveProperty('x-user-id');
});

it('a cancelled check throws the reason at once', async () => {
  const { port } = await serve(() => undefined);
  const stop = new AbortController();
  const running = runCheck(httpCheck({ repeat: 20 }), atServer(port), stop.signal);
  setTimeout(() => stop.abort(new Error('aborted by anna')), 30);
  await expect(running).rejects.toThrow('aborted by anna');
});
