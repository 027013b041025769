import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run.ts';
import { goodFile, spoiled } from './spec-base.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-outlook-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** `gray plan FILE …` in this process. */
async function plan(text: string, ...args: readonly string[]) {
  const file = join(dir, 'shop.yml');
  // Two servers carry what three did.
  await writeFile(file, `${text}capacity: { maxLoad: 3 }\n`);
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    terminal: false,
    color: false,
    env: { TEMPORAL_CONFIG_FILE: '/does/not/exist' },
    interrupted: new AbortController().signal,
  };
  const status = await runCli(['plan', file, ...args], io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

const metrics = `define:
      errors: { total: http_requests_total, bad: { code: /5../ } }
      slow: { histogram: http_request_duration_seconds, above: 250ms }`;

/** Two required metrics, and a hold that is long enough for one of them. */
const twoMetrics = goodFile
  .replace(/^metrics: .*$/m, `metrics:\n    kind: exposition\n    interval: 15s\n    ${metrics}`)
  .replace(/^judge: .*$/m, 'judge: { metrics: { errors: { role: guard }, slow: {} } }')
  .replace('hold: 1m }', 'hold: 20m }');

const both = ['--traffic', '100', '--base-rate', 'errors=0.5%', '--base-rate', 'slow=50%'];

describe('the outlook of gray plan', () => {
  it('tells stage by stage when a metric passes, is caught, or stays undecided, within 100 columns', async () => {
    const { status, out } = await plan(twoMetrics, ...both);
    expect(status).toBe(0);
    expect(out).toContain('Outlook at 100 requests a second\n');
    expect(out).toMatch(/stage +usually bad +pass +gray requests +×1\.5 +×2 +×3 +×10 +undecided/);
    expect(out).toMatch(/1, 5 % +errors 0\.5 % +guard +- +\S+/);
    expect(out).toMatch(/1, 5 % +slow 50 % +\d+(m|s).* +\d+ \(\d+ bad\) .* +- +- +0 %, 1h/);
    expect(out).toMatch(/2, 25 % +slow 50 %/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(out).not.toContain('…');
  });

  it('fits 100 columns whatever the names', async () => {
    const name = 'e'.repeat(63);
    const long = goodFile.replaceAll('errors:', `${name}:`);
    for (const args of [[], ['--traffic', '0.5', '--base-rate', `${name}=0.001%`]]) {
      const { out } = await plan(long, ...args);
      expect(out).toContain('Outlook');
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  it('says what would help where there is hardly hope', async () => {
    const { out } = await plan(goodFile, '--traffic', '1', '--base-rate', 'errors=0.5%');
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /stage 1 of 2, errors: (over 99|100) % of good releases are undecided after 3m/,
    );
  });

  it('is a field of the JSON, with gray requests and bad events', async () => {
    const { outlook } = JSON.parse((await plan(twoMetrics, ...both, '--json')).out);
    expect(outlook).toMatchObject({ requestsPerSecond: 100, baseRates: { errors: 0.005, slow: 0.5 } });
    expect(outlook.metrics).toHaveLength(4);
    expect(outlook.metrics[1]).toMatchObject({ metric: 'slow', shareBp: 500, undecided: { afterMs: 3_600_000 } });
    const { ms, grayRequests, grayBad } = outlook.metrics[1].pass;
    expect(ms).toBeGreaterThan(0);
    expect(grayBad).toBeCloseTo(grayRequests / 2, -1);
  });

  it('is offered where nobody said what the traffic is', async () => {
    const { out } = await plan(twoMetrics);
    expect(out).toContain('--traffic 100 --base-rate errors=0.5% --base-rate slow=0.5% tells how long each');
    expect(JSON.parse((await plan(twoMetrics, '--json')).out).outlook).toBeNull();
  });

  it('is for the sequential judge only, and says so', async () => {
    const threshold = spoiled('judge: {', 'judge: { kind: threshold,');
    expect((await plan(threshold)).out).not.toContain('Outlook');
    const { status, out, err } = await plan(threshold, '--traffic', '100', '--base-rate', 'errors=1%');
    expect(err).toContain('the planner knows the sequential judge only, and this one is of kind threshold');
    expect(out).not.toContain('Outlook');
    expect(status).toBe(0);
  });
});

describe('gray plan refuses', () => {
  it.each([
    ['a base rate without traffic', ['--base-rate', 'errors=1%'], '--traffic: missing'],
    [
      'traffic without a base rate',
      ['--traffic', '100'],
      'expected a usual part of bad events: --base-rate errors=0.5%',
    ],
    ['no traffic', ['--traffic', '0', '--base-rate', 'errors=1%'], 'expected requests per second, above 0'],
    ['negative traffic', ['--traffic=-5', '--base-rate', 'errors=1%'], 'found "-5"'],
    ['traffic with a unit', ['--traffic', '100rps', '--base-rate', 'errors=1%'], 'found "100rps"'],
    ['a rate without percent', ['--traffic', '1', '--base-rate', 'errors=0.01'], 'found "errors=0.01"'],
    ['a rate of everything', ['--traffic', '1', '--base-rate', 'errors=100%'], 'below 100%'],
    ['an empty rate', ['--traffic', '1', '--base-rate', 'errors='], 'expected metric=percent'],
    ['an unknown metric', ['--traffic', '1', '--base-rate', 'eror=1%'], 'did you mean errors?'],
    ['a word of the language', ['--traffic', '1', '--base-rate', '__proto__=1%'], 'no metric "__proto__"'],
    ['a metric twice', ['--traffic', '1', '--base-rate', 'errors=1%', 'errors=2%'], '"errors" is given twice'],
  ])('%s', async (_, args, says) => {
    const { status, err } = await plan(goodFile, ...args);
    expect(err).toContain(says);
    expect(status).toBe(2);
  });

  it('all mistakes at once', async () => {
    const { err } = await plan(goodFile, '--traffic', 'much', '--base-rate', 'eror=1%', '--base-rate', 'errors=2');
    expect(err).toContain('3 problems');
  });
});
