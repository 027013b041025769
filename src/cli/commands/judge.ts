/** `gray judge`: a judge, offline, over a recorded table. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { exitStatus, InvalidInput } from '../../domain/errors.ts';
import { createJudge } from '../../domain/judge/index.ts';
import { type JudgedInterval, judgeTable, type TableOptions, type TableRow } from '../../domain/judge/table.ts';
import type { JudgeSpec } from '../../domain/spec.ts';
import type { VerdictKind } from '../../domain/verdict.ts';
import { readIntervalTable } from '../../spec/interval-table.ts';
import { readReleaseFile } from '../../spec.ts';
import { invalid } from '../io.ts';
import { renderJudged } from '../render-judged.ts';
import { print } from '../session.ts';
import { type Call, isSet, textOf, type Verb } from '../verb.ts';

export const judge: Verb = {
  usage: 'judge',
  does: 'judges a recorded table of intervals again, with any settings; touches nothing',
  more: `Columns: interval_end_s, metric, gray_total, gray_bad, stable_total, stable_bad, share_bp; more may be there.
A change of the share is a new stage. Exits 0 for pass, 5 for fail, 9 for neither.`,
  group: 'Prepare:',
  example: 'gray judge --table past.csv --file payments.yml',
  options: [
    ['--table <file>', 'CSV or JSON, as `gray evidence` prints it'],
    ['--file <release file>', 'whose judge is asked (default: the sequential judge, every metric required)'],
    ['--one-stage', 'a change of the share is no new stage'],
  ],
  run: async (call) => {
    const path = textOf(call.options, 'table');
    if (path === undefined) throw invalid('--table is missing: the recorded intervals, such as `gray evidence` prints');
    const { rows, ignored } = readIntervalTable(await textIn(path), basename(path));
    if (ignored.length > 0) call.io.err(`columns that nobody reads: ${ignored.join(', ')}`);
    const { spec, options } = await settingsOf(call, rows);
    const judged = judgeTable(createJudge(spec), rows, options);
    const last = judged.at(-1);
    print(call, { rows: judged, verdict: last?.verdict }, () => renderJudged(judged));
    return exitOf(last);
  },
};

async function textIn(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new InvalidInput(basename(path), [{ path: '', message: `cannot read ${path}: ${reason}` }]);
  });
}

interface Settings {
  readonly spec: JudgeSpec;
  readonly options: TableOptions;
}

async function settingsOf(call: Call, rows: readonly TableRow[]): Promise<Settings> {
  const oneStage = isSet(call.options, 'oneStage');
  const file = textOf(call.options, 'file');
  if (file === undefined) return { spec: usual(rows), options: { oneStage } };
  const { judge: spec, audience } = await readReleaseFile(file, { env: call.io.env });
  return { spec, options: { oneStage, restBp: audience.restBp } };
}

/** What a release file gets that only names its metrics. Nobody said what part of the requests was meant for gray. */
function usual(rows: readonly TableRow[]): JudgeSpec {
  const rule = { role: 'required', margin: 1.25, minSample: 30, weight: 1, dispersion: 'measured' } as const;
  const metrics = Object.fromEntries(rows.map(({ metric }) => [metric, rule]));
  return { kind: 'sequential', alpha: 0.01, beta: 0.05, metrics, staleMs: 60_000, sampleRatio: null };
}

const exits = {
  pass: exitStatus.ok,
  fail: exitStatus.rolledBack,
  inconclusive: exitStatus.undecided,
  error: exitStatus.undecided,
} as const satisfies Record<VerdictKind, number>;

const exitOf = (last: JudgedInterval | undefined): number => exits[last?.verdict.kind ?? 'inconclusive'];
