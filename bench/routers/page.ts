/** docs/routers-benchmark.md, written by the benchmark. */
import { percentiles } from '../report.ts';
import type { Measured } from './measure.ts';
import type { LastRun, Row } from './measured.ts';
import type { Overhead } from './overhead.ts';
import { fullSize, warmUp } from './size.ts';

export function rowOf(measured: Measured): Row {
  const [set, bare] = [percentiles(measured.setAndConfirm), percentiles(measured.bare)];
  return {
    ...{ setP50: round(set.p50), setP95: round(set.p95), bareP50: round(bare.p50), bareP95: round(bare.p95) },
    ...{ requests: measured.requests, lost: measured.lost.length, changes: measured.changes },
    ...{ mismatches: measured.mismatches.length, torn: measured.torn.length, stale: measured.staleInEffect },
  };
}

export const rounded = (cost: Overhead): Overhead => ({
  ...{ library: Math.round(cost.library), careful: Math.round(cost.careful), embedded: Math.round(cost.embedded) },
  ...{ toLibrary: round(cost.toLibrary), toCareful: round(cost.toCareful) },
});

const round = (ms: number): number => Math.round(ms * 100) / 100;

const head = [
  '# The routers under load',
  '',
  'Written by `npm run bench:routers`: each router is the real program, before five server processes, on one machine with the load',
  'and everything else. Users come over 24 kept and 6 fresh connections; **nothing is ever sent twice**, and every failure counts.',
  '',
  '- **Changes**: shares and salts far apart in turn. In between every server is taken out, drained, killed, started and brought back.',
  '- **Set + confirm**: from the write until real requests of probe users are proven to follow it. **Bare**: the same change as a',
  "  script would make it durable with this router's own means, without fence, reading back and probes, in turn with ours;",
  `  ${fullSize.pairs} of each, after ${warmUp(fullSize)} of each that warm up and do not count.`,
  '- **Mismatches**: answers outside a change by another server pool than the one predicted. **Torn**: answers within a change that',
  '  neither the old nor the new route gives. **Late**: writes with an older fence that took effect, of one after every change.',
  '',
  'Compare rows; absolute figures are those of a small shared machine.',
];

export function pageOf({ routers, whole, overhead }: LastRun): string {
  const columns = [
    ...['router', 'requests', 'lost', 'set + confirm p50 / p95, ms', 'bare p50 / p95, ms', 'ratio of p95'],
    ...['mismatches', 'torn', 'late'],
  ];
  const rows = Object.entries(routers).map(([name, row]) => [
    ...[name, row.requests, row.lost, `${row.setP50} / ${row.setP95}`, `${row.bareP50} / ${row.bareP95}`],
    ...[(row.setP95 / row.bareP95).toFixed(1), row.mismatches, row.torn, row.stale],
  ]);
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    ...head,
    '',
    ...[line(columns), line(columns.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)],
    '',
    ...wholePart(
      whole.map((one) => line([one.router, one.deployer, one.outcome, one.requests, one.lost, one.seconds])),
    ),
    '## What the split costs',
    '',
    'The `embedded` router beside the proxy library it is made of (http-proxy-3), compiled as shipped, in turn over the same kept',
    'connections, tiny answers, as fast as one core goes. No split, no health checks and no metrics in the other two.',
    'The bound of the benchmark (0.9) is on the second row, which holds everything but what the split needs. Against the library as it',
    'comes, which waits for ever for a server that is silent, the embedded router is slower than that bound: the first row says by how much.',
    '',
    '| proxy | requests a second | embedded ÷ it |',
    '| --- | ---: | ---: |',
    `| http-proxy-3 as it comes | ${overhead.library} | ${overhead.toLibrary} |`,
    `| http-proxy-3 with the time limits and the care for connections of the router | ${overhead.careful} | ${overhead.toCareful} |`,
    `| embedded | ${overhead.embedded} | |`,
    '',
  ].join('\n');
}

const wholePart = (rows: readonly string[]): string[] => [
  '## A whole release with each router and deployer',
  '',
  'Four servers, two of them gray, two stages, 200 requests a second, a fifth of them on a connection of their own. The `ssh` deployer',
  'goes through a real sshd on loopback; a stand-in for systemd runs the servers.',
  '',
  '| router | deployer | outcome | requests | lost | seconds |',
  '| --- | --- | --- | ---: | ---: | ---: |',
  ...rows,
  '',
];
