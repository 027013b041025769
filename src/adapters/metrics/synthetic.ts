/**
 * Synthetic requests for targets with little traffic: each server is asked a few times in each interval, straight, and
 * what fails or is slow is counted per arm as metrics of their own. They never mix with the requests of users.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isProbeMetric } from '../../domain/probe-metrics.ts';
import type { Arm, ServerSpec } from '../../domain/server.ts';
import type { ProbeSpec } from '../../domain/spec.ts';
import type { Counts, MetricReading } from '../../domain/verdict.ts';
import { askServer } from '../server-request.ts';
import type { MetricSource, MetricWindow } from './port.ts';
import { waitUntil } from './wait.ts';

/** `source` with the probe's metrics beside its own. */
export function withProbe(source: MetricSource, probe: ProbeSpec | undefined): MetricSource {
  if (probe === undefined) return source;
  return {
    ...source,
    measure: async (window) => {
      const own = window.metrics.filter((metric) => !isProbeMetric(metric));
      const asked = window.metrics.filter(isProbeMetric);
      if (asked.length === 0) return source.measure(window);
      const [measured, probed] = await Promise.all([
        source.measure({ ...window, metrics: own }),
        probeAll(probe, window),
      ]);
      return { ...measured, metrics: { ...measured.metrics, ...probed } };
    },
  };
}

interface Tally {
  readonly failed: Counts;
  readonly slow: Counts;
}

async function probeAll(probe: ProbeSpec, window: MetricWindow): Promise<Record<string, MetricReading>> {
  await waitUntil(window.fromMs, window.signal);
  const [gray, stable] = await Promise.all([probeArm(probe, window, 'gray'), probeArm(probe, window, 'stable')]);
  return {
    'probe-failed': { counts: { gray: gray.failed, stable: stable.failed } },
    'probe-slow': { counts: { gray: gray.slow, stable: stable.slow } },
  };
}

async function probeArm(probe: ProbeSpec, window: MetricWindow, arm: Arm): Promise<Tally> {
  const tallies = await Promise.all(window.arms[arm].map((server) => probeServer(probe, window, server)));
  const sum = (of: (tally: Tally) => Counts): Counts =>
    tallies.map(of).reduce((one, other) => ({ total: one.total + other.total, bad: one.bad + other.bad }), noCounts);
  return { failed: sum(({ failed }) => failed), slow: sum(({ slow }) => slow) };
}

const noCounts: Counts = { total: 0, bad: 0 };

/** Spread over the interval, the last one early enough to be answered within it. */
async function probeServer(
  probe: ProbeSpec,
  { fromMs, toMs, signal }: MetricWindow,
  server: ServerSpec,
): Promise<Tally> {
  const everyMs = (toMs - fromMs) / (probe.requests + 1);
  const answers: Answer[] = [];
  for (let at = 0; at < probe.requests && signal?.aborted !== true; at += 1) {
    await sleep(Math.max(0, fromMs + at * everyMs - Date.now()), undefined, signal && { signal });
    answers.push(await ask(probe, server, signal));
  }
  const bad = (is: (answer: Answer) => boolean): Counts => ({ total: answers.length, bad: answers.filter(is).length });
  return { failed: bad(({ ok }) => !ok), slow: bad(({ ok, tookMs }) => !ok || tookMs > probe.slowMs) };
}

interface Answer {
  readonly ok: boolean;
  readonly tookMs: number;
}

async function ask(probe: ProbeSpec, server: ServerSpec, signal: AbortSignal | undefined): Promise<Answer> {
  const startedAt = performance.now();
  try {
    const headers = { 'user-agent': 'gray-release probe' };
    const { status } = await askServer(server, { path: probe.get, headers, timeoutMs: probe.timeoutMs, signal });
    return { ok: status < 400, tookMs: performance.now() - startedAt };
  } catch {
    signal?.throwIfAborted();
    return { ok: false, tookMs: performance.now() - startedAt };
  }
}
