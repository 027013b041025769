import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMetricSource } from '../../src/adapters/metrics/index.ts';
import { parseOwnClients } from '../../src/adapters/metrics/router-clients.ts';
import { Clients } from '../../src/router/clients.ts';
import { http } from '../support/http.ts';
import { testRouter } from './running.ts';

describe('the embedded router', () => {
  it('tells failures by the arm that was meant, and distinct clients, without their identities', async () => {
    const { running, backends, route } = await testRouter({ metrics: { port: 0 } });
    await route({ alwaysGray: ['vip', 'other'] });
    const at = `${running.metrics}/metrics`;
    const source = createMetricSource({
      ...{ kind: 'router', intervalMs: 1_500, from: [{ kind: 'embedded', at }] },
      define: { errors: { bad: ['5xx'] }, slow: { aboveSeconds: 1 }, clients: { clients: 'failed' } },
    });
    const fromMs = Date.now() + 20;
    const window = { fromMs, toMs: fromMs + 1_500, arms: { gray: [], stable: [] }, stablePool: 'a' } as const;
    const measured = source.measure({ ...window, metrics: ['errors', 'slow', 'clients'] });
    const ask = (path: string, user: string) =>
      http(`${running.entrance}${path}`, { headers: { 'x-user-id': user } }).catch(() => null);
    await sleep(150);
    for (const path of ['/', '/half', '/half']) await ask(path, 'vip');
    for (const user of ['other', 'ann', 'ben', 'ann']) await ask('/', user);
    await http(`${running.entrance}/`);
    await Promise.all([backends.s3.stop(), backends.s4.stop()]);
    expect((await ask('/', 'other'))?.status).toBe(200);
    const { metrics } = await measured;
    expect(metrics).toEqual({
      errors: { counts: { gray: { total: 5, bad: 3 }, stable: { total: 4, bad: 0 } } },
      slow: { counts: { gray: { total: 5, bad: 0 }, stable: { total: 4, bad: 0 } } },
      clients: { counts: { gray: { total: 2, bad: 2 }, stable: { total: 2, bad: 0 } } },
    });
    const page = (await http(`${running.metrics}/clients`)).body;
    expect(page).toMatch(/^# clients complete 4\n/);
    expect(page).not.toMatch(/vip|ann/);
  });
});

describe('the table of clients', () => {
  it('says when it is full, and forgets who was away for an hour', () => {
    const clients = new Clients(2);
    const hourMs = 3_600_000;
    clients.ended('gray', 'ann', false, 0);
    clients.ended('stable', 'ben', true, 10);
    clients.ended('stable', null, true, 10);
    expect(clients.text()).toBe('# clients complete 2\ngray 1 1 0\nstable 2 1 1\n');
    clients.ended('gray', 'eve', false, 20);
    expect(parseOwnClients(clients.text()).gray).toEqual({ unusable: expect.stringContaining('is full') });
    clients.ended('stable', 'ben', true, hourMs + 100);
    clients.ended('gray', 'eve', false, hourMs + 100);
    expect(clients.text()).toBe('# clients complete 2\ngray 3 1 0\nstable 2 2 2\n');
  });

  it('is unusable where the page is another', () => {
    expect(parseOwnClients('<html>').stable).toEqual({ unusable: 'the router tells no clients' });
  });
});
