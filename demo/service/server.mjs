/**
 * The product that the demo, the tests and the benchmarks release: a real HTTP server without dependencies.
 *
 *   node server.mjs --host 127.0.0.1 --port 8080 [--server ID] [--digest sha256:…] [--work-ms 20]
 *
 * It runs inside an artifact directory whose release.json says `{ version, digest?, faults? }`.
 * Faults (all optional):
 *   failStart: true            leaves with status 1 before it listens
 *   startMs: 800               listens only after this
 *   failHealth: true           /health answers 503
 *   failMetrics: true          /metrics answers 503
 *   refuseOn: ["pay-3"]        leaves with status 1 on these servers (--server)
 *   errorRate: 0.2             this part of the requests to /work and /checkout answers 500
 *   errorOnlyWithHeader: "x-user-id"   … only for requests that carry this header
 *   errorExcept: ["tester-1"]  … and whose value there is none of these
 *   errorFromUptimeS: 10       … and only once the server is up that long
 *   latencyMs: 80              slower by this much on /work and /checkout
 *   onlyWhile: "/tmp/fault"    errorRate, latencyMs and failMetrics act only while this file exists
 *   lieVersion: "1.0.0"        /version reports this version
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: args } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    server: { type: 'string', default: '' },
    digest: { type: 'string', default: process.env.GRAY_DIGEST ?? '' },
    'work-ms': { type: 'string', default: '20' },
  },
});
const release = JSON.parse(readFileSync('release.json', 'utf8'));
const faults = release.faults ?? {};
const started = Date.now();
const running = {
  version: faults.lieVersion ?? release.version,
  digest: args.digest || release.digest || '',
  pid: process.pid,
  startedAt: new Date(started).toISOString(),
};
const whoAnswers = { 'x-version': running.version, 'x-server': args.server };

if (faults.failStart === true) refuse('release.json says failStart');
if (faults.refuseOn?.includes(args.server)) refuse(`this version refuses to run on ${args.server}`);

// ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const requests = new Map([
  ['200', 0],
  ['500', 0],
]);
const buckets = bounds.map(() => 0);
let durationSum = 0;
let durationCount = 0;

function record(code, seconds) {
  requests.set(String(code), (requests.get(String(code)) ?? 0) + 1);
  durationSum += seconds;
  durationCount += 1;
  bounds.forEach((bound, index) => {
    if (seconds <= bound) buckets[index] += 1;
  });
}

function metricsText() {
  const name = 'http_request_duration_seconds';
  return [
    '# HELP http_requests_total Requests answered, by status code.',
    '# TYPE http_requests_total counter',
    ...[...requests].map(([code, count]) => `http_requests_total{code="${code}"} ${count}`),
    `# HELP ${name} From the first byte in to the last byte out.`,
    `# TYPE ${name} histogram`,
    ...bounds.map((bound, index) => `${name}_bucket{le="${bound}"} ${buckets[index]}`),
    `${name}_bucket{le="+Inf"} ${durationCount}`,
    `${name}_sum ${durationSum}`,
    `${name}_count ${durationCount}`,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${started / 1000}`,
    '',
  ].join('\n');
}

// ── behaviour ────────────────────────────────────────────────────────────────────────────────────────────────────

// Deterministic: the same server gives the same sequence of latencies and errors in every run.
let seed = [...`${args.server}${release.version}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
function random() {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}

/** Log-normal around the median: most requests near it, a few several times slower. */
function workMs() {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Number(args['work-ms']) * Math.exp(0.35 * gauss) + (switchedOn() ? (faults.latencyMs ?? 0) : 0);
}

/** Lets whoever runs the demo begin and end a fault while the server runs. */
const switchedOn = () => faults.onlyWhile === undefined || existsSync(faults.onlyWhile);

function fails(request) {
  // Drawn for every request, so that a fault does not shift the sequence of latencies.
  const drawn = random() < (faults.errorRate ?? 0);
  if (Date.now() - started < (faults.errorFromUptimeS ?? 0) * 1000 || !switchedOn()) return false;
  if (faults.errorOnlyWithHeader !== undefined) {
    const value = request.headers[faults.errorOnlyWithHeader.toLowerCase()];
    if (value === undefined || faults.errorExcept?.includes(value)) return false;
  }
  return drawn;
}

const streams = new Set();

const routes = {
  '/health': (_request, response) =>
    faults.failHealth === true ? json(response, 503, { status: 'failing' }) : json(response, 200, { status: 'ok' }),
  '/version': (_request, response) => json(response, 200, running),
  '/metrics': (_request, response) =>
    faults.failMetrics === true && switchedOn()
      ? json(response, 503, { status: 'failing' })
      : answer(response, 200, 'text/plain; version=0.0.4', metricsText()),
  '/work': work(() => ({ done: true, version: running.version })),
  '/checkout': work((url) => ({
    status: 'ok',
    order: url.searchParams.has('demo') ? 'demo' : 'real',
    total: 42,
    currency: 'EUR',
    version: running.version,
    server: args.server,
  })),
  '/stream': stream,
};

/** An ordinary request of a user: takes its time, is counted, may fail. */
function work(body) {
  return (request, response, url) => {
    const began = performance.now();
    const bad = fails(request);
    response.once('finish', () => record(response.statusCode, (performance.now() - began) / 1000));
    setTimeout(() => json(response, bad ? 500 : 200, bad ? { error: 'injected' } : body(url)), workMs());
  };
}

/** A long-lived response, one line every 200 ms until either side ends it. */
function stream(_request, response) {
  response.writeHead(200, { ...whoAnswers, 'content-type': 'text/plain' });
  const tick = () => response.write(`${running.version} ${Date.now()}\n`);
  const timer = setInterval(tick, 200);
  streams.add(response);
  response.once('close', () => {
    clearInterval(timer);
    streams.delete(response);
  });
  tick();
}

function json(response, status, body) {
  answer(response, status, 'application/json', JSON.stringify(body));
}

function answer(response, status, type, body) {
  const headers = { ...whoAnswers, 'content-type': type, 'content-length': Buffer.byteLength(body) };
  // Once we leave, kept connections must not bring another request.
  response.writeHead(status, leaving ? { ...headers, connection: 'close' } : headers).end(body);
}

function refuse(reason) {
  process.stderr.write(`server ${args.server} ${release.version}: ${reason}\n`);
  process.exit(1);
}

// ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────────

let leaving = false;
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://service');
  const route = routes[url.pathname];
  if (route === undefined) return json(response, 404, { error: 'not found' });
  route(request, response, url);
});
// Longer than any router keeps its own side open, so that the router is the one that closes.
server.keepAliveTimeout = 75_000;

process.once('SIGTERM', () => {
  leaving = true;
  server.close(() => process.exit(0));
  // Again and again: a connection gets idle when its last answer, which may have promised to keep it, is out.
  setInterval(() => server.closeIdleConnections(), 20);
  for (const response of streams) response.end();
});
process.once('SIGINT', () => process.exit(0));
server.once('error', (error) => refuse(error.message));
await sleep(faults.startMs ?? 0);
server.listen(Number(args.port), args.host, () => {
  process.stdout.write(`server ${args.server} ${running.version} listens on ${args.host}:${args.port}\n`);
});
