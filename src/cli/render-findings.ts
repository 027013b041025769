/** The doctor's findings, one line each, with the way to mend under those that need it. */
import { createColors } from 'picocolors';
import type { Finding } from '../doctor/doctor.ts';

export function renderFindings(findings: readonly Finding[], color: boolean): string[] {
  const paint = createColors(color);
  const marks = { ok: paint.green('ok  '), warning: paint.yellow('warn'), fail: paint.red('FAIL') };
  const width = Math.max(0, ...findings.map(({ area }) => area.length));
  const lines = findings.flatMap(({ area, kind, text, mend }) => [
    `${marks[kind]}  ${area.padEnd(width)}  ${text}`,
    ...(mend === undefined ? [] : [`${' '.repeat(width + 8)}${paint.dim(`mend: ${mend}`)}`]),
  ]);
  const count = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  return [...lines, `${count('ok')} ok, ${count('warning')} warnings, ${count('fail')} failed`];
}
