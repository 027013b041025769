import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/adapters/checks/index.ts';
import { freePort } from '../../support/ports.ts';
import { atServer, digest, httpCheck, throughRouter } from './places.ts';
import { type Answer, serve, useServing } from './serving.ts';

useServing();

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
