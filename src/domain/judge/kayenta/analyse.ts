/** One analysis: every metric is classified by the intervals of its window, and the labels make a score. */
import { percent } from '../counts.ts';
import { type Classified, type Comparison, classify, type Label, type Values } from './classify.ts';
import type { Analysis, Failed, Judged, KayentaMemory, Memory, Point } from './memory.ts';
import { metricOf } from './memory.ts';
import { scoreOf } from './score.ts';
import type { KayentaJudgeSpec, KayentaRule } from './spec.ts';

export function analyse(spec: KayentaJudgeSpec, memory: Memory): Analysis {
  const metrics = Object.fromEntries(
    Object.entries(spec.metrics).map(([metric, rule]) => [metric, judged(spec, rule, metricOf(memory, metric))]),
  );
  const scored = counted(spec, metrics).map(({ rule, found }) => ({
    label: scoredAs(spec, found.label),
    groups: rule.groups,
  }));
  const emptyGroup = spec.failOpen.includes('empty-group-is-100') ? 100 : 'left out';
  return { metrics, score: scoreOf(scored, { groupWeights: spec.groupWeights, emptyGroup }) };
}

/** Why this analysis fails the release, or null. Missing data fail nothing unless the file says so. */
export function failureOf(spec: KayentaJudgeSpec, { metrics, score }: Analysis): Failed | null {
  const all = counted(spec, metrics);
  const critical = all.find(({ found }) => found.critical && (isOff(found) || (isMissing(found) && fails(spec))));
  if (critical) return { metric: critical.metric, reason: `${critical.found.reason} (critical)` };
  const missing = all.filter(({ found }) => found.label === 'Nodata').length;
  if (fails(spec) && all.length > 0 && 2 * missing >= all.length)
    return { metric: null, reason: `${missing} of ${all.length} metrics have no data` };
  if (score === null || score > spec.score.marginal) return null;
  const worst = all.find(({ found }) => isOff(found)) ?? all.find(({ found }) => found.label !== 'Pass');
  const cause = worst ? `; ${worst.metric}: ${worst.found.reason}` : '';
  return { metric: worst?.metric ?? null, reason: `score ${score}, not above ${spec.score.marginal}${cause}` };
}

const fails = ({ missing }: KayentaJudgeSpec): boolean => missing === 'fails';
const isOff = ({ label }: Judged): boolean => label === 'High' || label === 'Low';
const isMissing = ({ label }: Judged): boolean => label === 'Nodata';

/** Metrics that may weigh: all but the muted. */
export function counted({ metrics: rules }: KayentaJudgeSpec, found: Analysis['metrics']) {
  return Object.entries(rules).flatMap(([metric, rule]) => {
    const judgement = Object.hasOwn(found, metric) ? found[metric] : undefined;
    return rule.muted || judgement === undefined ? [] : [{ metric, rule, found: judgement }];
  });
}

function scoredAs(spec: KayentaJudgeSpec, label: Judged['label']): Label {
  if (label === 'TooFew') return 'Nodata';
  return label === 'NodataFail' && !fails(spec) ? 'Nodata' : label;
}

// ── one metric ───────────────────────────────────────────────────────────────────────────────────────────────────

function judged(spec: KayentaJudgeSpec, rule: KayentaRule, memory: KayentaMemory): Judged {
  const values = valuesOf(memory.points, rule.scale);
  const few = tooFew(values, spec.minPoints);
  if (few !== null) return { label: 'TooFew', critical: false, reason: few };
  const found = classify(rule, values, spec.failOpen);
  return { label: found.label, critical: found.critical, reason: reasonOf(found, rule, memory) };
}

/** An interval in which an arm had no request has no rate. */
function valuesOf(points: readonly Point[], scale: number): Values {
  const rate = (bad: number, total: number): number => (total === 0 ? Number.NaN : (bad / total) * scale);
  return {
    gray: points.map(([bad, total]) => rate(bad, total)),
    stable: points.map(([, , bad, total]) => rate(bad, total)),
  };
}

/** None at all is not few: what that means the rule says. */
function tooFew({ gray, stable }: Values, minPoints: number): string | null {
  const [ofGray, ofStable] = [gray, stable].map((values) => values.filter((value) => !Number.isNaN(value)).length);
  if (!ofGray || !ofStable || Math.min(ofGray, ofStable) >= minPoints) return null;
  return `${ofGray} gray and ${ofStable} stable values of the ${minPoints} a test needs`;
}

function reasonOf(found: Classified, rule: KayentaRule, { points, dropped }: KayentaMemory): string {
  const said = found.found === null ? (found.why ?? '') : numbers(found.found, rule);
  const older = dropped === 0 ? '' : `, ${dropped} older dropped`;
  return `${found.label}: ${said.slice(0, longestReason)}, ${points.length} intervals${older}`;
}

/** Kayenta's interval is always the one of 98 %. */
function numbers({ estimate, low, high, effect }: Comparison, { scale, effect: { measure } }: KayentaRule): string {
  const [shift, from, to] = [estimate, low, high].map((value) => percent(value / scale));
  const size = Number.isNaN(effect) ? 'none' : effect.toPrecision(3);
  return `gray is off by ${shift} (98 % sure: ${from} to ${to}), ${measure} ${size}`;
}

const longestReason = 400;
