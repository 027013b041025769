import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/adapters/checks/index.ts';
import { atServer, digest, httpCheck, throughRouter } from './places.ts';
import { type Answer, serve, useServing } from './serving.ts';

useServing();

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
