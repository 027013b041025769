import { expect, test } from 'vitest';
import { http } from '../support/http.ts';
import { eventually } from '../support/processes.ts';
import { testRouter } from './running.ts';

const metricsOf = async (url: string) => {
  const lines = (await http(`${url}/metrics`)).body.split('\n');
  return (sample: string) =>
    Number(
      lines
        .find((line) => line.startsWith(`${sample} `))
        ?.split(' ')
        .at(-1),
    );
};

const withMetrics = () => testRouter({ metrics: { port: 0 } });
const labels = (pool: string, arm: string, server: string) => `pool="${pool}",arm="${arm}",server="${server}"`;

test('requests are counted by the pool that answered, the arm as assigned and the server; probes are not', async () => {
  const { running, route } = await withMetrics();
  await route({ alwaysGray: ['eve'] }, { s2: 'out', s4: 'out' });
  const eve = { headers: { 'x-user-id': 'eve' } };
  for (let n = 0; n < 3; n += 1) await http(`${running.entrance}/version`, eve);
  for (let n = 0; n < 5; n += 1) await http(`${running.probe}/version`, eve);
  await http(`${running.entrance}/version`);
  await eventually(async () => {
    const value = await metricsOf(running.metrics ?? '');
    return value(`gray_router_responses_total{${labels('b', 'gray', 's3')},class="2xx"}`) === 3;
  });
  const value = await metricsOf(running.metrics ?? '');
  expect(value(`gray_router_requests_total{${labels('b', 'gray', 's3')}}`)).toBe(3);
  expect(value(`gray_router_requests_total{${labels('a', 'stable', 's1')}}`)).toBe(1);
  expect(value(`gray_router_request_duration_seconds_count{${labels('b', 'gray', 's3')}}`)).toBe(3);
  expect(value('gray_router_fallback_total{arm="gray"}')).toBe(0);
});

test('a request the other pool answered counts as a fallback of the arm it was assigned to', async () => {
  const { running, backends, route } = await withMetrics();
  await route({ alwaysGray: ['eve'] }, { s2: 'out', s4: 'out' });
  await backends.s3.stop();
  expect((await http(`${running.entrance}/version`, { headers: { 'x-user-id': 'eve' } })).headers['x-server']).toBe(
    's1',
  );
  const value = await metricsOf(running.metrics ?? '');
  expect(value('gray_router_fallback_total{arm="gray"}')).toBe(1);
  expect(value('gray_router_fallback_total{arm="stable"}')).toBe(0);
  expect(value(`gray_router_connection_errors_total{${labels('b', 'gray', 's3')}}`)).toBeLessThanOrEqual(1);
  expect(value(`gray_router_responses_total{${labels('a', 'gray', 's1')},class="2xx"}`)).toBe(1);
});

test('every series is there as zero before its first request', async () => {
  const { running } = await withMetrics();
  const value = await metricsOf(running.metrics ?? '');
  for (const arm of ['gray', 'stable']) {
    for (const pool of ['a', 'b']) {
      expect(value(`gray_router_requests_total{${labels(pool, arm, 's4')}}`)).toBe(0);
      expect(value(`gray_router_responses_total{${labels(pool, arm, 's4')},class="5xx"}`)).toBe(0);
      expect(value(`gray_router_request_duration_seconds_count{${labels(pool, arm, 's4')}}`)).toBe(0);
    }
  }
});

test('the route in force and the servers are shown as they are', async () => {
  const { running, backends, route } = await withMetrics();
  const { fence } = await route({ shareBp: 1_500 });
  await backends.s2.stop();
  await eventually(async () => (await metricsOf(running.metrics ?? ''))('gray_router_server_up{server="s2"}') === 0);
  const value = await metricsOf(running.metrics ?? '');
  expect(value('gray_router_fence')).toBe(fence);
  expect(value('gray_router_share_basis_points')).toBe(1_500);
  expect(value('gray_router_server_up{server="s1"}')).toBe(1);
});

test('an answer that breaks off, or that the client leaves, is not counted as good', async () => {
  const { running, route } = await withMetrics();
  await route({}, { s2: 'out', s3: 'out', s4: 'out' });
  await http(`${running.entrance}/half`).catch(() => undefined);
  await eventually(async () => {
    const value = await metricsOf(running.metrics ?? '');
    return value(`gray_router_responses_total{${labels('a', 'stable', 's1')},class="broken"}`) === 1;
  });
  const value = await metricsOf(running.metrics ?? '');
  expect(value(`gray_router_responses_total{${labels('a', 'stable', 's1')},class="2xx"}`)).toBe(0);
});
