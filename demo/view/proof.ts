/** What the demo says in the end. Pure. */
import Table from 'cli-table3';
import { createColors } from 'picocolors';
import type { Result } from '../result.ts';
import { sparkline } from './sparkline.ts';
import { clock, count } from './words.ts';

/** The short proof of one scenario. */
export function proofLines(result: Result, color: boolean): string[] {
  const paint = createColors(color);
  const { requests, servers } = result;
  const head = result.ok
    ? paint.green(`${result.scenario}: ${result.actual}, as expected, in ${clock(result.tookMs)}`)
    : paint.red(`${result.scenario}: not as expected, after ${clock(result.tookMs)}`);
  return [
    '',
    paint.bold(head),
    ...result.problems.map((problem) => `  ${paint.red('problem')}   ${problem}`),
    `  requests  ${count(requests.sent)} sent, ${count(requests.answered)} answered, ${paint.bold(`${count(requests.lost)} lost`)}, ${count(requests.errors)} answered with an error of the application`,
    `  latency   p50 ${requests.latency.p50Ms} ms, p99 ${requests.latency.p99Ms} ms`,
    ...servers.map(({ id, version, digest }) => `  server    ${id}  ${version ?? 'runs nothing'}  ${digest ?? ''}`),
    `  share     ${sparkline(result.share)}  of the users on the new version, ${clock(result.share.length * 1_000)}`,
  ];
}

/** Expected and actual outcome of many scenarios. */
export function tableOf(results: readonly Result[], color: boolean): string {
  const paint = createColors(color);
  const table = new Table({
    head: ['scenario', 'expected', 'actual', 'sent', 'lost', 'took', ''],
    style: { head: color ? ['bold'] : [], border: color ? ['gray'] : [] },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'left'],
  });
  for (const { scenario, expected, actual, requests, tookMs, ok } of results) {
    const mark = ok ? paint.green('as expected') : paint.red('DIFFERS');
    table.push([scenario, expected, actual ?? '-', count(requests.sent), count(requests.lost), clock(tookMs), mark]);
  }
  return table.toString();
}
