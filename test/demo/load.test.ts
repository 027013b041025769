import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Histogram } from '../../demo/load/histogram.ts';
import { type LoadHandle, startLoad } from '../../demo/load/start.ts';
import { visits } from '../../demo/load/traffic.ts';

const open: { server: Server; load: LoadHandle | null }[] = [];

afterEach(async () => {
  for (const { server, load } of open.splice(0)) {
    await load?.stop().catch(() => {});
    server.closeAllConnections();
    server.close();
  }
});

async function loadOn(listener: RequestListener, options = {}): Promise<LoadHandle> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  const opened: (typeof open)[number] = { server, load: null };
  open.push(opened);
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  opened.load = startLoad({ url: `http://127.0.0.1:${port}`, rate: 200, users: 40, ...options });
  return opened.load;
}

/** Sends until `enough` requests were counted, then stops. */
async function summaryAfter(load: LoadHandle, enough: number) {
  for (let waited = 0; load.stats().sent < enough && waited < 20_000; waited += 50) await sleep(50);
  return load.stop();
}

const answerAs =
  (version: string): RequestListener =>
  (_request, response) => {
    response.setHeader('x-version', version).setHeader('x-server', `s-${version}`).end('ok');
  };

describe('the load generator', () => {
  it('loses nothing on a healthy server, and says who answered', async () => {
    const connections = new Set();
    const load = await loadOn((request, response) => {
      connections.add(request.socket);
      answerAs('1.0.0')(request, response);
    });
    const summary = await summaryAfter(load, 150);
    expect(summary).toMatchObject({ lost: 0, errors: 0, answered: summary.sent, moves: {} });
    expect(summary.versions).toEqual({ '1.0.0': summary.sent });
    expect(summary.servers).toEqual({ 's-1.0.0': summary.sent });
    expect(summary.latency.p50Ms).toBeGreaterThan(0);
    expect(load.stats().last?.users['1.0.0']).toBeLessThanOrEqual(40);
    // Some connections of their own, most requests on kept ones.
    expect(connections.size).toBeGreaterThan(summary.sent / 40);
    expect(connections.size).toBeLessThan(summary.sent / 2);
  });

  it('keeps its pace while the server is slow', async () => {
    const load = await loadOn((request, response) => setTimeout(() => answerAs('1.0.0')(request, response), 1_500));
    await expect.poll(() => load.stats().last?.open ?? 0, { timeout: 10_000 }).toBeGreaterThan(100);
    const summary = await load.stop();
    expect(summary).toMatchObject({ lost: 0, answered: summary.sent });
  });

  it('counts a request whose connection is reset as lost, and never sends it again', async () => {
    let received = 0;
    const load = await loadOn((request, response) => {
      received += 1;
      if (received % 5 === 0) request.socket.destroy();
      else answerAs('1.0.0')(request, response);
    });
    const summary = await summaryAfter(load, 100);
    expect(summary.sent).toBe(received);
    expect(summary.lost).toBe(Math.floor(received / 5));
    expect(summary.lostExamples[0]?.why).toContain('ECONNRESET');
  });

  it('counts an answer that breaks off in its body as lost', async () => {
    const load = await loadOn((request, response) => {
      response.setHeader('content-length', '100');
      response.setHeader('x-version', '1.0.0').setHeader('x-server', 's').write('half');
      setTimeout(() => request.socket.destroy(), 5);
    });
    const summary = await summaryAfter(load, 20);
    expect(summary).toMatchObject({ answered: 0, lost: summary.sent });
  });

  it('counts an answer that never comes as lost', async () => {
    const load = await loadOn(() => {}, { timeoutMs: 100, rate: 50 });
    const summary = await summaryAfter(load, 20);
    expect(summary).toMatchObject({ answered: 0, lost: summary.sent });
    expect(summary.lostExamples[0]?.why).toContain('no answer within 100 ms');
  });

  it("tells the application's own errors from those the router made up", async () => {
    let received = 0;
    const load = await loadOn((request, response) => {
      received += 1;
      response.statusCode = received % 2 === 0 ? 500 : 503;
      if (received % 2 === 0) answerAs('2.0.0')(request, response);
      else response.end('no server available');
    });
    const summary = await summaryAfter(load, 40);
    expect(summary.errors).toBe(Math.floor(summary.sent / 2));
    expect(summary.lost).toBe(Math.ceil(summary.sent / 2));
    expect(summary.lostExamples[0]?.why).toBe('status 503 from no server');
  });

  it('notices users who move between versions, and which way', async () => {
    let version = '1.0.0';
    const load = await loadOn((request, response) => answerAs(version)(request, response));
    await expect.poll(() => load.stats().sent, { timeout: 10_000 }).toBeGreaterThan(100);
    version = '2.0.0';
    const summary = await summaryAfter(load, load.stats().sent + 300);
    expect(summary.moves['1.0.0 > 2.0.0']).toBeGreaterThan(30);
    expect(summary.moves['1.0.0 > 2.0.0']).toBeLessThanOrEqual(40);
    expect(summary.moves['2.0.0 > 1.0.0']).toBeUndefined();
  });

  it('sends a cookie where identity is a cookie, and nothing for an anonymous request', async () => {
    const seen = { cookie: 0, none: 0, header: 0 };
    const load = await loadOn(
      (request, response) => {
        if (request.headers.cookie?.startsWith('uid=user-')) seen.cookie += 1;
        else seen.none += 1;
        if (request.headers['x-user-id']) seen.header += 1;
        answerAs('1.0.0')(request, response);
      },
      { identity: { cookie: 'uid' }, anonymousPart: 0.5 },
    );
    const { sent } = await summaryAfter(load, 150);
    expect(seen.header).toBe(0);
    expect(seen.cookie + seen.none).toBe(sent);
    expect(Math.abs(seen.none - sent / 2)).toBeLessThan(sent / 5);
  });

  it('says why when its process died', async () => {
    const load = await loadOn(answerAs('1.0.0'));
    process.kill(load.pid, 'SIGKILL');
    await expect(load.stop()).rejects.toThrow('without a summary');
  });
});

describe('the traffic mix', () => {
  const mix = { users: 400, anonymousPart: 0.1, freshPart: 0.1, seed: 7 };

  it('sends a tenth of the requests without identity, and the same ones for the same seed', () => {
    const take = (seed: number) => {
      const next = visits({ ...mix, seed });
      return Array.from({ length: 10_000 }, next);
    };
    const all = take(7);
    expect(all.filter((visit) => visit.user === null).length / all.length).toBeCloseTo(0.1, 1);
    expect(new Set(all.map((visit) => visit.user)).size).toBe(401);
    expect(take(7)).toEqual(all);
    expect(take(8)).not.toEqual(all);
  });
});

describe('the latency histogram', () => {
  it('names quantiles to within a tenth', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.add(ms);
    const { p50Ms, p99Ms, maxMs } = histogram.quantiles();
    expect(p50Ms).toBeGreaterThanOrEqual(500);
    expect(p50Ms).toBeLessThan(551);
    expect(p99Ms).toBeGreaterThanOrEqual(990);
    expect(maxMs).toBe(1_000);
  });

  it('is all zeros when nothing was added', () => {
    expect(new Histogram().quantiles()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });
});
