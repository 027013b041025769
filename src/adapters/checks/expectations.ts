/** One answer against what a check expects: the first difference, in a sentence. */
import type { IncomingHttpHeaders } from 'node:http';
import type { RunningVersion, VersionProbe } from '../../domain/artifact.ts';
import type { HttpExpectation } from '../../domain/spec.ts';
import { jsonPath } from '../json-path.ts';
import { textMatcher } from '../pattern.ts';
import type { ServerAnswer } from '../server-request.ts';

export interface TimedAnswer extends ServerAnswer {
  readonly tookMs: number;
}

/** All but the version. */
export function firstProblem(answer: TimedAnswer, expect: HttpExpectation): string | null {
  return (
    statusProblem(answer, expect.status) ??
    headerProblem(answer.headers, expect.headers) ??
    jsonProblem(answer.body, expect.json) ??
    latencyProblem(answer.tookMs, expect.latencyMs)
  );
}

function statusProblem({ status, body }: ServerAnswer, expected: number): string | null {
  if (status === expected) return null;
  return `expected status ${expected}, got ${status}${body.trim() === '' ? '' : `: ${excerpt(body)}`}`;
}

function headerProblem(headers: IncomingHttpHeaders, expected: HttpExpectation['headers']): string | null {
  for (const [name, value] of Object.entries(expected)) {
    const got = headers[name.toLowerCase()];
    const text = Array.isArray(got) ? got.join(', ') : got;
    if (text === undefined) return `expected header ${name}: ${value}, got none`;
    if (!textMatcher(value)(text)) return `expected header ${name}: ${value}, got ${excerpt(text)}`;
  }
  return null;
}

function jsonProblem(body: string, expected: HttpExpectation['json']): string | null {
  if (Object.keys(expected).length === 0) return null;
  const json = parseJson(body);
  if (json === undefined) return `expected a JSON body, got ${body === '' ? 'none' : excerpt(body)}`;
  for (const [path, value] of Object.entries(expected)) {
    const got = jsonPath(json, path);
    if (got !== value) return `expected ${path} to be ${JSON.stringify(value)}, got ${jsonWord(got)}`;
  }
  return null;
}

const latencyProblem = (tookMs: number, limitMs?: number): string | null =>
  limitMs === undefined || tookMs <= limitMs
    ? null
    : `expected an answer within ${limitMs} ms, got it after ${Math.round(tookMs)} ms`;

/** The version an answer itself names; null when it names none, so that the version has to be asked apart. */
export function versionOf(body: string, probe: VersionProbe): RunningVersion | null {
  const json = parseJson(body);
  const [version, digest] = [jsonPath(json, probe.version), jsonPath(json, probe.digest)];
  return typeof version === 'string' && typeof digest === 'string' ? { version, digest } : null;
}

export function versionProblem(got: RunningVersion, expected: RunningVersion): string | null {
  if (got.version !== expected.version) return `expected version ${expected.version}, got ${excerpt(got.version)}`;
  if (got.digest === expected.digest) return null;
  return `expected version ${expected.version} with digest ${expected.digest}, got digest ${excerpt(got.digest)}`;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const jsonWord = (value: unknown): string => (value === undefined ? 'nothing there' : excerpt(JSON.stringify(value)));

/** One line, short enough for a sentence. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
}
