/** The evidence of a metric in one line, for people: how much worse, how sure, what is missing. */
import type { Evidence } from './verdict.ts';

/** `1.06 times the stable rate (0.41 to 2.4), against it 0.3 of 4.6, for it 2.2 of 3.0, …` */
export function evidenceText({
  ratio,
  ratioLow,
  ratioHigh,
  lnFail,
  failAt,
  lnPass,
  passAt,
  outlook,
}: Evidence): string {
  const interval = `${ratioLow === null ? '0' : short(ratioLow)} to ${ratioHigh === null ? '∞' : short(ratioHigh)}`;
  return [
    `${ratio === null ? 'no stable rate to compare' : `${short(ratio)} times the stable rate`} (${interval})`,
    `against it ${part(lnFail, failAt)}`,
    `for it ${part(lnPass, passAt)}`,
    outlook,
  ].join(', ');
}

const short = (value: number): string => String(Number(value.toPrecision(2)));

/** Below zero the evidence speaks for the opposite: that is none. */
const part = (evidence: number, needed: number): string =>
  `${Math.max(0, evidence).toFixed(1)} of ${needed.toFixed(1)}`;
