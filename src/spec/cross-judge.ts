import { probeMetrics } from '../domain/probe-metrics.ts';
import type { MetricsSpec } from '../domain/spec.ts';
import { routerCountChecks } from './cross-router-metrics.ts';
import type { GoodSections, ReleaseFile } from './file.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { listed, nearest } from './near.ts';

export function judgeChecks({ judge, metrics, ramp }: GoodSections): Finding[] {
  return [
    ...(judge === undefined ? [] : [...requiredOne(judge), ...passMargins(judge), ...kayentaChecks(judge)]),
    ...(judge === undefined || metrics === undefined
      ? []
      : [...definedOnes(judge, metrics), ...staleCheck(judge, metrics)]),
    ...(metrics?.kind === 'prometheus' ? scrapeCheck(metrics) : []),
    ...(metrics?.kind === 'router' ? routerCountChecks(metrics, judge) : []),
    ...(metrics === undefined || ramp === undefined ? [] : holdsMeasure(ramp, metrics)),
  ];
}

interface Rules {
  readonly metrics: Readonly<Record<string, { readonly role: string }>>;
}

export function requiredOne(judge: Rules): Finding[] {
  if (Object.values(judge.metrics).some((rule) => rule.role === 'required')) return [];
  return [
    finding(['judge', 'metrics'], 'expected at least one metric with role: required; a stage passes on evidence only'),
  ];
}

/** A pass that allows no more than is tolerated could never come, or would contradict a fail. */
function passMargins(judge: ReleaseFile['judge']): Finding[] {
  if (judge.kind !== undefined && judge.kind !== 'sequential') return [];
  return Object.entries(judge.metrics).flatMap(([name, { margin, passMargin }]) =>
    passMargin === undefined || passMargin > margin
      ? []
      : [
          finding(
            ['judge', 'metrics', name, 'passMargin'],
            `expected more than the margin of ${margin}, found ${passMargin}`,
          ),
        ],
  );
}

/** Settings with which no stage could ever be judged. */
function kayentaChecks(judge: ReleaseFile['judge']): Finding[] {
  if (judge.kind !== 'kayenta') return [];
  const { lookback, minPoints, metrics, groupWeights } = judge;
  const groups = Object.values(metrics).flatMap((rule) => rule.groups);
  const sum = Object.values(groupWeights).reduce((total, weight) => total + weight, 0);
  return [
    ...(lookback < minPoints
      ? [finding(['judge', 'lookback'], `expected at least minPoints, ${minPoints}, found ${lookback}`)]
      : []),
    ...(sum > 100 ? [finding(['judge', 'groupWeights'], `expected at most 100 together, found ${sum}`)] : []),
    ...(Object.values(metrics).every(({ muted }) => muted)
      ? [finding(['judge', 'metrics'], 'expected at least one metric that is not muted')]
      : []),
    ...Object.keys(groupWeights)
      .filter((name) => !groups.includes(name))
      .map((name) =>
        finding(
          ['judge', 'groupWeights', name],
          `no metric is in such a group; known are ${listed([...new Set(groups)]) || 'none'}`,
          nearest(name, groups),
        ),
      ),
  ];
}

export function definedOnes(judge: Rules, metrics: ReleaseFile['metrics'] | MetricsSpec): Finding[] {
  if (metrics.kind === 'memory') return [];
  const known = [...Object.keys(metrics.define), ...(metrics.probe === undefined ? [] : probeMetrics)];
  return Object.keys(judge.metrics)
    .filter((name) => !known.includes(name))
    .map((name) =>
      finding(
        ['judge', 'metrics', name],
        `metrics.define has no such metric; it has ${listed(known) || 'none'}`,
        nearest(name, known),
      ),
    );
}

const intervalOf = (metrics: ReleaseFile['metrics']): number =>
  metrics.kind === 'prometheus' ? (metrics.interval ?? 4 * metrics.scrape) : metrics.interval;

function staleCheck(judge: ReleaseFile['judge'], metrics: ReleaseFile['metrics']): Finding[] {
  if (judge.stale === undefined || judge.stale >= intervalOf(metrics)) return [];
  return [
    finding(
      ['judge', 'stale'],
      `expected at least one interval of the metrics (${intervalOf(metrics)} ms), found ${judge.stale} ms`,
    ),
  ];
}

function scrapeCheck({ interval, scrape }: Extract<ReleaseFile['metrics'], { kind: 'prometheus' }>): Finding[] {
  if (interval === undefined || interval >= 4 * scrape) return [];
  return [finding(['metrics', 'interval'], `expected at least 4 scrapes (${4 * scrape} ms), found ${interval} ms`)];
}

const holdsMeasure = (ramp: ReleaseFile['ramp'], metrics: ReleaseFile['metrics']): Finding[] =>
  ramp.stages.flatMap(({ hold }, index) =>
    hold >= intervalOf(metrics)
      ? []
      : [
          finding(
            ['ramp', 'stages', index, 'hold'],
            `expected at least one interval of the metrics (${intervalOf(metrics)} ms), found ${hold} ms`,
          ),
        ],
  );
